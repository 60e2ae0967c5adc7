//! The steps of the rule, whose parameters one database also reads from the rows of a relation.

/// The first proof of delivery.
macro_rules! acknowledge {
    () => {
        $crate::store::sql::acknowledge!("", "id = $1", "$2", "$3")
    };
    ($from:literal, $found:literal, $generation:literal, $now:literal) => {
        concat!(
            "update coatroom_session set acknowledged_at = ",
            $now,
            $from,
            " where ",
            $found,
            " and generation = ",
            $generation,
            " and acknowledged_at is null and ",
            $crate::store::sql::stands!("coatroom_session")
        )
    };
}
pub(in crate::store) use acknowledge;

/// The guarded step, with the database's words for the lesser and the greater of two. Parameters: id, generation, now,
/// the latest proof that is old enough, the next idle deadline, role, claims, version.
macro_rules! rotate {
    ($least:literal, $greatest:literal) => {
        $crate::store::sql::rotate!(
            $least, $greatest, "", "id = $1", "$2", "$3", "$4", "$5", "$6", "$7", "$8"
        )
    };
    (
        $least:literal, $greatest:literal, $from:literal, $found:literal, $generation:literal, $now:literal,
        $proven_by:literal, $idle:literal, $role:literal, $claims:literal, $version:literal
    ) => {
        concat!(
            "update coatroom_session set generation = generation + 1, rotated_at = ",
            $now,
            ", acknowledged_at = null, replays = 0, last_seen_at = ",
            $greatest,
            "(last_seen_at, ",
            $now,
            "), idle_expires_at = ",
            $least,
            "(",
            $idle,
            ", absolute_expires_at), role = ",
            $role,
            ", claims = ",
            $claims,
            ", authority_version = ",
            $version,
            ", epoch = ",
            $crate::store::sql::newest_epoch!(),
            $from,
            " where ",
            $found,
            " and generation = ",
            $generation,
            " and acknowledged_at <= ",
            $proven_by,
            " and idle_expires_at > ",
            $now,
            " and absolute_expires_at > ",
            $now,
            " and ",
            $crate::store::sql::stands!("coatroom_session")
        )
    };
}
pub(in crate::store) use rotate;

/// Binds the parameters of [`rotate`], in their order.
macro_rules! bind_rotation {
    ($query:expr, $rotation:expr) => {{
        let rotation: &$crate::session::Rotation = $rotation;
        $query
            .bind(rotation.id.as_bytes().to_vec())
            .bind($crate::store::rows::number(rotation.from))
            .bind(rotation.now.millis())
            .bind(rotation.proven_by().map($crate::clock::Timestamp::millis))
            .bind(rotation.idle_expires_at().millis())
            .bind(rotation.authority.role.as_str().to_owned())
            .bind(rotation.authority.claims.to_text())
            .bind($crate::store::rows::number(rotation.authority.version))
    }};
}
pub(in crate::store) use bind_rotation;
