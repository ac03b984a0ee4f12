//! `migrate`: brings the homes of all modules up to date.

use crate::{App, Failed, Settings, check, serve};

#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub(crate) async fn migrate(settings: &Settings, app: App) -> Result<(), Failed> {
    check::sound(settings, app)?;
    for spec in app.modules {
        let url = settings.homes.get(spec.name).unwrap_or(&settings.data_url);
        let url = serve::data_url(url, &settings.base)?;
        let homes = adapter_sql::migrate(&url, &[spec], &outgrow::SystemClock)
            .await
            .map_err(serve::failed_to_open)?;
        for home in homes {
            match &home.applied[..] {
                [] => println!("{}: up to date", home.module),
                applied => println!("{}: applied {}", home.module, applied.join(", ")),
            }
        }
    }
    Ok(())
}
