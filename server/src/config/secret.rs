//! The server's secret: from the environment, or from a file that only its owner reads.

use std::{
    env, fs,
    io::{self, Write as _},
    path::Path,
};

use coatroom::ServerSecret;

use super::{
    settings::Profile,
    stop::{Stop, wrong},
};

const SECRET: &str = "COATROOM_SECRET";

/// The secret from the environment, or from its file; the demo profile makes the file.
pub(super) fn read(data: &Path, profile: Profile) -> Result<ServerSecret, Stop> {
    let file = data.join("secret");
    let (name, text) = match env::var(SECRET) {
        Ok(text) => (SECRET.to_owned(), text),
        Err(env::VarError::NotUnicode(_)) => return wrong(SECRET, "is not text"),
        Err(env::VarError::NotPresent) => {
            let name = format!("{SECRET} (file {})", file.display());
            match fs::read_to_string(&file) {
                Ok(text) => {
                    only_for_its_owner(&file, &name)?;
                    (name, text)
                }
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound && profile == Profile::Demo =>
                {
                    make_folder(data)?;
                    let text = ServerSecret::generate();
                    write_secret(&file, &text).or_else(|error| wrong(&name, error))?;
                    (name, text)
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return wrong(SECRET, "is needed: at least 32 random characters");
                }
                Err(error) => return wrong(&name, error),
            }
        }
    };
    ServerSecret::new(text.trim()).or_else(|error| wrong(&name, error))
}

pub(super) fn make_folder(folder: &Path) -> Result<(), Stop> {
    fs::create_dir_all(folder)
        .or_else(|error| wrong("COATROOM_DATA", format!("{}: {error}", folder.display())))
}

fn write_secret(file: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(file)?.write_all(text.as_bytes())
}

fn only_for_its_owner(file: &Path, name: &str) -> Result<(), Stop> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(file).or_else(|error| wrong(name, error))?.permissions().mode();
        if mode & 0o077 != 0 {
            return wrong(name, "can be read by others; make it chmod 600");
        }
    }
    Ok(())
}
