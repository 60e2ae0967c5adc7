//! `coatroom users`: looking after accounts.

use coatroom::{Clock as _, Role, Store, SystemClock, User, store::account_at, user::Email};

use crate::{config::UsersCommand, telemetry};

/// Carries out a command.
///
/// # Errors
/// The fault, in one line; nothing was changed then.
pub async fn run(
    command: UsersCommand,
    store: &dyn Store,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match command {
        UsersCommand::SetRole { email, role, json } => {
            let role =
                Role::parse(&role).ok_or_else(|| format!("'{role}' is no role: user or admin"))?;
            let user = account(store, &email).await?;
            let changed = store.set_role(user.id, role, SystemClock.now()).await?;
            show(&changed.ok_or("the account is gone")?, json);
            Ok(())
        }
    }
}

/// Finds the account that an operator names, also one that kept an older spelling, which may be no address any more. A
/// command names the address of the account that was found: the one spelling of what was typed may be another person's.
///
/// # Errors
/// One line with what was typed.
pub async fn account(
    store: &dyn Store,
    typed: &str,
) -> Result<User, Box<dyn std::error::Error + Send + Sync>> {
    if let Some((user, _)) = account_at(store, typed).await? {
        return Ok(user);
    }
    Email::parse(typed).map_err(|error| format!("'{typed}': {error}"))?;
    Err(format!("{typed} has no account").into())
}

fn show(user: &User, json: bool) {
    if json {
        let account = serde_json::json!({
            "sub": user.id,
            "email": user.email.as_str(),
            "role": user.role,
            "authz_version": user.authz_version,
        });
        telemetry::announce(&account);
    } else {
        telemetry::announce(&format_args!("{} is {}", user.email, user.role.as_str()));
    }
}
