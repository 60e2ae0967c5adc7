//! `coatroom users`: looking after accounts.

use coatroom::{Clock as _, Role, Store, SystemClock, User, store::account_at, user::Email};

use crate::{config::UsersCommand, telemetry};

/// Carries out a command.
///
/// # Errors
/// What is wrong, in one line; nothing was changed then.
pub async fn run(
    command: UsersCommand,
    store: &dyn Store,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match command {
        UsersCommand::SetRole { email, role, json } => {
            let role =
                Role::parse(&role).ok_or_else(|| format!("'{role}' is no role: user or admin"))?;
            let address = Email::parse(&email).map_err(|error| format!("'{email}': {error}"))?;
            let known = account_at(store, &email).await?;
            let (user, _) = known.ok_or_else(|| format!("{address} has no account"))?;
            let changed = store.set_role(user.id, role, SystemClock.now()).await?;
            show(&changed.ok_or("the account is gone")?, json);
            Ok(())
        }
    }
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
