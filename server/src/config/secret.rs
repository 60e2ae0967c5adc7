//! The server's secrets: from the environment, or from files that only their owner reads.

use std::{
    env,
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use coatroom::{ServerSecret, handshake::SharedSecret};

use super::{
    settings::Profile,
    stop::{Stop, wrong},
};

pub(super) const SECRET: &str = "COATROOM_SECRET";
pub(super) const OLD_SECRETS: &str = "COATROOM_OLD_SECRETS";
pub(super) const SHARED_SECRETS: &str = "COATROOM_HANDSHAKE_SECRETS";

/// Reads the secret from the environment, or from its file; the demo profile makes the file.
pub(super) fn read(data: &Path, profile: Profile) -> Result<ServerSecret, Stop> {
    let file = data.join("secret");
    let (name, text) = match given(SECRET, &file)? {
        (name, Some(text)) => (name, text),
        (name, None) if profile == Profile::Demo => {
            make_folder(data)?;
            let text = make(data, &file).or_else(|error| wrong(&name, error))?;
            (name, text)
        }
        (_, None) => {
            return wrong(
                SECRET,
                "is required: at least 32 random characters, here or in the file `secret` of the data folder",
            );
        }
    };
    ServerSecret::new(text.trim()).or_else(|error| wrong(&name, error))
}

/// Reads the former secrets, one a line: from the environment, or from the file `secret.old`.
pub(super) fn read_old(data: &Path) -> Result<Vec<ServerSecret>, Stop> {
    let (name, text) = given(OLD_SECRETS, &data.join("secret.old"))?;
    let text = text.unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| ServerSecret::new(line).or_else(|error| wrong(&name, error))).collect()
}

/// Reads the secrets that service B shares with service A, one a line: from the environment, or from the file
/// `handshake.secret`.
pub(super) fn read_shared(data: &Path) -> Result<Vec<SharedSecret>, Stop> {
    let (name, text) = given(SHARED_SECRETS, &data.join("handshake.secret"))?;
    let text = text.unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let secrets = lines.map(|line| SharedSecret::new(line).or_else(|error| wrong(&name, error)));
    let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
    if secrets.is_empty() {
        return wrong(
            SHARED_SECRETS,
            "is required for hs256: what `coatroom keys handshake-secret` prints at the issuer, here or in the file \
             `handshake.secret` of the data folder",
        );
    }
    Ok(secrets)
}

/// Returns the value of a variable, or else of a file, and the name to give it in messages.
fn given(variable: &str, file: &Path) -> Result<(String, Option<String>), Stop> {
    match env::var(variable) {
        Ok(text) => return Ok((variable.to_owned(), Some(text))),
        Err(env::VarError::NotUnicode(_)) => return wrong(variable, "is not valid UTF-8"),
        Err(env::VarError::NotPresent) => {}
    }
    let name = format!("{variable} (file {})", file.display());
    match fs::read_to_string(file) {
        Ok(text) => {
            only_for_its_owner(file, &name)?;
            Ok((name, Some(text)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((name, None)),
        Err(error) => wrong(&name, error),
    }
}

/// Makes a folder that its owner alone may enter; one that is there stays as it is.
pub(super) fn make_folder(folder: &Path) -> Result<(), Stop> {
    let mut maker = fs::DirBuilder::new();
    maker.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker
        .create(folder)
        .or_else(|error| wrong("COATROOM_DATA", format!("{}: {error}", folder.display())))
}

/// Makes the secret, or takes the one that another process was faster to make. It is written under another name first:
/// a link is made at once or not at all, so no process reads half a secret, and of several processes one makes it.
fn make(data: &Path, file: &Path) -> io::Result<String> {
    let text = ServerSecret::generate();
    let name = ServerSecret::generate();
    let draft = data.join(format!(".secret.{}", &name[..16]));
    let linked = write(&draft, &text).and_then(|()| fs::hard_link(&draft, file));
    let _gone_either_way = fs::remove_file(&draft);
    match linked {
        Ok(()) => {
            // The name is to outlive a power cut, as what is sealed under the secret does.
            File::open(data)?.sync_all()?;
            Ok(text)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::read_to_string(file),
        Err(error) => Err(error),
    }
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn only_for_its_owner(file: &Path, name: &str) -> Result<(), Stop> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(file).or_else(|error| wrong(name, error))?.permissions().mode();
        if mode & 0o077 != 0 {
            return wrong(name, "can be read by other users of this machine; run chmod 600 on it");
        }
    }
    Ok(())
}
