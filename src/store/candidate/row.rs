//! Candidates as the databases answer them: one row, in one statement.

use sqlx::FromRow;

use super::Candidate;
use crate::{
    password_hash::PasswordHash,
    store::{
        StoreError,
        rows::{UserRow, version_of},
    },
};

/// The hash of the account at a point or next after it; null if there is no account.
macro_rules! password_hash_near {
    ($point:literal) => {
        concat!(
            "coalesce((select password_hash from coatroom_account where id >= ",
            $point,
            " order by id limit 1), (select password_hash from coatroom_account order by id limit 1))"
        )
    };
}

/// One row. Parameter: the point.
pub(in crate::store) const PASSWORD_HASH_NEAR: &str =
    concat!("select ", password_hash_near!("$1"), " as password_hash");

/// The statement, which answers a row also if there is no account. Parameters: the address, its other spelling or null,
/// the point.
pub(in crate::store) const CANDIDATE: &str = concat!(
    "select a.id, a.email, a.password_hash, a.role, a.created_at, \
     coalesce(v.version, 0) as authority_version, ",
    password_hash_near!("$3"),
    " as stand_in from (select 1 as one) o left join (select * from coatroom_account where email in ($1, $2) \
     order by case when email = $2 then 0 else 1 end limit 1) a on true \
     left join coatroom_authority v on v.subject = a.id"
);

/// An account, if there is one, and the hash that stands in for it.
#[derive(FromRow)]
pub(in crate::store) struct CandidateRow {
    id: Option<String>,
    email: Option<String>,
    password_hash: Option<String>,
    role: Option<String>,
    created_at: Option<i64>,
    authority_version: i64,
    stand_in: Option<String>,
}

impl TryFrom<CandidateRow> for Candidate {
    type Error = StoreError;

    fn try_from(row: CandidateRow) -> Result<Self, StoreError> {
        let CandidateRow { id, email, password_hash, role, created_at, .. } = row;
        let account = match (id, email, password_hash, role, created_at) {
            (Some(id), Some(email), Some(password_hash), Some(role), Some(created_at)) => {
                Some(UserRow { id, email, password_hash, role, created_at }.try_into()?)
            }
            _ => None,
        };
        Ok(Self {
            account,
            authority_version: version_of(row.authority_version)?,
            stand_in: row.stand_in.map(PasswordHash::from_phc),
        })
    }
}
