//! `migrate`: brings the homes of all modules up to date.

use crate::{App, Failed, Settings, check, exit, homes};

pub(crate) async fn migrate(settings: &Settings, app: App) -> Result<(), Failed> {
    check::sound(settings, app)?;
    for spec in app.modules {
        let url = homes::data_url(settings.home_of(spec.name), &settings.base)?;
        let admin =
            settings.admin_of(spec.name).map(|url| homes::data_url(url, &settings.base)).transpose()?;
        let opened = adapter_sql::migrate(&url, admin.as_ref(), &[spec], &outgrow::SystemClock)
            .await
            .map_err(homes::failed_to_open)?;
        for home in opened {
            match &home.applied[..] {
                [] => exit::say(format_args!("{}: up to date", home.module))?,
                applied => exit::say(format_args!("{}: applied {}", home.module, applied.join(", ")))?,
            }
        }
    }
    Ok(())
}
