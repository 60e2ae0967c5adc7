//! `coatroom users`: looking after accounts.

use coatroom::{
    Clock as _, Role, SystemClock, User,
    store::{AccountStore, account_at},
    user::Email,
};

use crate::{config::UsersCommand, database::Stores, telemetry};

/// Carries out a command.
///
/// # Errors
/// The fault, in one line. If the store failed meanwhile, the account may have the role and no server may have heard of
/// it: the same command again tells them.
pub async fn run(
    command: UsersCommand,
    stores: &Stores,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match command {
        UsersCommand::SetRole { email, role, json } => {
            let role = [Role::USER, Role::ADMIN]
                .into_iter()
                .find(|known| known.as_str() == role)
                .ok_or_else(|| format!("'{role}' is not a role: use user or admin"))?;
            let user = account(&*stores.accounts, &email).await?;
            let changed = stores
                .accounts
                .set_role(user.id, &role)
                .await?
                .ok_or("the account was deleted meanwhile")?;
            // After the role, which servers ask for as soon as they hear of the version.
            let version = stores.sessions.outdate(&user.id.into(), SystemClock.now()).await?;
            show(&changed, version, json);
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
    store: &dyn AccountStore,
    typed: &str,
) -> Result<User, Box<dyn std::error::Error + Send + Sync>> {
    if let Some((user, _)) = account_at(store, typed).await? {
        return Ok(user);
    }
    Email::parse(typed).map_err(|error| format!("'{typed}': {error}"))?;
    Err(format!("{typed} has no account").into())
}

fn show(user: &User, authority_version: u64, json: bool) {
    if json {
        let account = serde_json::json!({
            "sub": user.id,
            "email": user.email.as_str(),
            "role": user.role,
            "authority_version": authority_version,
        });
        telemetry::announce(&account);
    } else {
        telemetry::announce(&format_args!("{} is {}", user.email, user.role));
    }
}
