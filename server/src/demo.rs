//! The accounts of the demo profile, made if they are missing and printed at the start.

use std::fmt::Write as _;

use coatroom::{Accounts, Credentials, Role, accounts::SignUpError};

/// The accounts: address, password, role. They exist in the demo profile alone.
const ACCOUNTS: [(&str, &str, Role); 2] = [
    ("alice@example.com", "seven coats on one hook", Role::USER),
    ("max@example.com", "the bouncer reads wristbands", Role::ADMIN),
];

/// Makes the accounts that are missing, and returns the list of all.
///
/// # Errors
/// [`SignUpError`] if the store does not answer.
pub async fn add(accounts: &Accounts) -> Result<String, SignUpError> {
    let mut text = String::from("Demo accounts:\n");
    for (email, password, role) in ACCOUNTS {
        let credentials = Credentials::new(email, password);
        match accounts.add_user(&credentials, role.clone()).await {
            Ok(_) | Err(SignUpError::EmailTaken) => {}
            Err(error) => return Err(error),
        }
        let _never_fails = writeln!(text, "  {email:<20} {password:<30} {role}");
    }
    Ok(text)
}
