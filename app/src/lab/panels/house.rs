use coatroom_lab::{
    action::{Passing, verification_word},
    setting::Setting,
};
use leptos::prelude::*;

use super::actors::press;
use crate::lab::{choice::Hand, world_page::Scene};

/// Draws what the house itself does, and its parameters.
pub(in super::super) fn house(scene: &Scene<'_>) -> impl IntoView + use<> {
    use coatroom_lab::action::Database;
    let setting = scene.world.setting();
    let database = match scene.world.database() {
        Database::Up => press("database down", "The database goes down"),
        Database::Down => press("database up", "The database comes back"),
    };
    let mode = |word: &'static str, words: &'static str| {
        let on = verification_word(setting.verification) == word;
        view! {
            <button name="value" value=word id=format!("mode-{word}") aria-pressed=on.to_string()>
                {words}
            </button>
        }
    };
    let passing = Passing::ALL.iter().map(|passing| {
        let (word, on) = (passing.word(), setting.refresh_on == *passing);
        view! {
            <button
                name="value"
                value=word
                id=format!("passing-{word}")
                aria-pressed=on.to_string()
            >
                {passing.title()}
            </button>
        }
    });
    let passing = passing.collect_view();
    view! {
        <section class="sheet" aria-labelledby="house">
            <h2 id="house">"The house"</h2>
            <details id="house-by-hand" open=scene.choice.hand == Hand::Open>
                <summary id="house-by-hand-summary">
                    "The database, restarts, roles, keys, and what the house is set to"
                </summary>
                <div class="flow-tight">
            <form method="post" action=scene.address() class="row small">
                {scene.fields_by_hand()} {database} {press("restart", "Restart every node")}
                {press("role admin", "Make Ada an admin")}
                {press("role user", "Make her a user")}
                {press("rotate-key", "Make the next signing key")}
                {press("retire-key", "Withdraw the oldest key")}
            </form>
            <form method="post" action=scene.address() class="setting">
                {scene.fields_by_hand()} <input type="hidden" name="set" value="verification" />
                <h3>"What is looked at before an access token is believed"</h3>
                <div class="row small">
                    {mode("stateless", "The signature")} {mode("denylist", "and a denylist in memory")}
                    {mode("strict", "and the session's row")}
                </div>
            </form>
            <form method="post" action=scene.address() class="setting">
                {scene.fields_by_hand()} <input type="hidden" name="set" value="refresh-on" />
                <h3>"What is refreshed on its way in, once its access token has expired"</h3>
                <div class="row small">{passing}</div>
            </form>
            <div class="sliders">{access(scene, setting)} {grace(scene, setting)}</div>
                </div>
            </details>
        </section>
    }
}

fn access(scene: &Scene<'_>, setting: Setting) -> impl IntoView + use<> {
    let seconds = setting.access_ttl_s;
    let least = f64::from(setting.grace_ms) * 8.0 / 1000.0;
    let least = match setting.grace_ms {
        0 => String::new(),
        _ => format!(" With this grace it must be {least} s at least."),
    };
    slider(
        scene,
        Slider {
            name: "access",
            label: "An access token lives",
            unit: "s",
            bounds: (5, u32::try_from(Setting::MAX_ACCESS_TTL_S).unwrap_or(900), 5),
            value: seconds,
            hint: format!(
                "Shorter: a thief of a wristband has less of it, and everybody refreshes more often. Where the signature alone is checked, revoking takes up to {seconds} s.{least}"
            ),
        },
    )
}

fn grace(scene: &Scene<'_>, setting: Setting) -> impl IntoView + use<> {
    let grace = f64::from(setting.grace_ms) / 1000.0;
    let most = f64::from(setting.access_ttl_s) / 8.0;
    let hint = if setting.grace_ms == 0 {
        "Zero is strict: once the new ticket was seen in use, the one before it is theft at once, and a tab whose request was still on the road signs you out.".to_owned()
    } else {
        format!(
            "G: the longest delay that is forgiven. D, the spacing of exchanges, is twice that: {} s. With this lifetime G can be {most} s at most, so that D stays within a quarter of it.",
            grace * 2.0
        )
    };
    slider(
        scene,
        Slider {
            name: "grace",
            label: "The grace lasts",
            unit: "ms",
            // A grace that makes no sense with the lifetime cannot be asked for.
            bounds: (0, (setting.access_ttl_s * 125).min(30_000), 500),
            value: setting.grace_ms,
            hint,
        },
    )
}

struct Slider {
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    bounds: (u32, u32, u32),
    value: u32,
    hint: String,
}

fn slider(scene: &Scene<'_>, slider: Slider) -> impl IntoView + use<> {
    let Slider { name, label, unit, bounds: (min, max, step), value, hint } = slider;
    let (id, hint_id) = (format!("set-{name}"), format!("hint-{name}"));
    view! {
        <form method="post" action=scene.address() class="slider">
            {scene.fields_by_hand()} <input type="hidden" name="set" value=name />
            <input type="hidden" name="unit" value=unit />
            <label for=id.clone()>
                {label} " " <output for=id.clone()>{value}</output> " " {unit}
            </label>
            <input
                type="range"
                name="value"
                id=id
                min=min
                max=max
                step=step
                value=value
                aria-describedby=hint_id.clone()
            />
            <button id=format!("apply-{name}")>"Apply"</button>
            <p class="soft" id=hint_id>
                {hint}
            </p>
        </form>
    }
}
