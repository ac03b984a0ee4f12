//! What becomes of a letter, at a real mail server.
#![cfg(test)]

mod with_smtp {
    use std::time::Duration;

    use adapter_smtp::{Letter, Smtp, Unsent};
    use outgrow_testkit::{LoopbackAddr, TestMail};
    use uuid::Uuid;

    const ID: Uuid = Uuid::from_u128(17);

    fn letter(to: &str) -> Letter<'_> {
        Letter { id: ID, to, subject: "Größe: your order", text: "Dear ada,\n\n.\nit is here.\n" }
    }

    fn smtp(url: &str) -> Smtp {
        Smtp::new(url.parse().unwrap(), "shop@example.org".parse().unwrap())
    }

    #[tokio::test]
    #[ignore = "needs an SMTP server: cargo xtask test"]
    async fn a_letter_arrives_as_it_was_written_under_its_id() {
        let mail = TestMail::new();
        for login in ["", "ada:secret@"] {
            smtp(&mail.url(login)).send(letter("ada@example.org")).await.unwrap();
        }
        let letters = mail.letters();
        let [first, second] = &letters[..] else { panic!("{letters:?}") };
        let headers = ["Message-ID", "From", "To", "Subject"].map(|name| first[name].as_str().unwrap());
        let id = format!("<{ID}@example.org>");
        assert_eq!(headers, [&*id, "shop@example.org", "ada@example.org", "Größe: your order"]);
        // The end of its text is where its last line ends: a mail may have one line more.
        assert_eq!(
            first["text"].as_str().unwrap().replace("\r\n", "\n").trim_end(),
            letter("").text.trim_end()
        );
        assert_eq!(second["Message-ID"], first["Message-ID"], "a second one can be told by it");
        assert_eq!((first["login"].as_str(), second["login"].as_str()), (None, Some("ada")));
    }

    #[tokio::test]
    #[ignore = "needs an SMTP server: cargo xtask test"]
    async fn what_is_refused_for_good_is_told_from_what_may_be_tried_again() {
        let mail = TestMail::new();
        let sent = async |url: &str, to: &str| smtp(url).send(letter(to)).await.unwrap_err();
        let url = mail.url("");
        let gone = sent(&url, "nobody@example.org").await;
        assert!(matches!(&gone, Unsent::Refused(why) if why.contains("no such mailbox")), "{gone}");
        let busy = sent(&url, "busy@example.org").await;
        assert!(matches!(&busy, Unsent::NotSent(why) if why.contains("try again later")), "{busy}");
        let none = sent(&url, "ada").await;
        assert!(matches!(&none, Unsent::Refused(why) if why.contains("`ada` is no address")), "{none}");
        assert_eq!(mail.letters().len(), 0);
    }

    #[tokio::test]
    #[ignore = "needs an SMTP server: cargo xtask test"]
    async fn who_is_not_let_in_has_sent_nothing() {
        let mail = TestMail::new();
        let tried = async |url: &str| smtp(url).send(letter("ada@example.org")).await.unwrap_err();
        let nobody = format!("smtp://{}?tls=none", LoopbackAddr::new().free());
        let unencrypted = mail.url("").replace("tls=none", "tls=required");
        for url in [nobody, mail.url("ada:guessed@"), unencrypted] {
            let unsent = tried(&url).await;
            assert!(matches!(unsent, Unsent::NotSent(_)), "{url}: {unsent}");
            assert!(!unsent.to_string().contains("guessed"), "{unsent}");
        }
        assert_eq!(mail.letters().len(), 0);
    }

    #[tokio::test]
    #[ignore = "needs an SMTP server: cargo xtask test"]
    async fn a_letter_that_was_taken_without_an_answer_is_in_doubt() {
        let mail = TestMail::new();
        let sending = smtp(&mail.url("")).within(Duration::from_millis(500));
        for _ in 0..2 {
            let unsent = sending.send(letter("silent@example.org")).await.unwrap_err();
            assert!(matches!(unsent, Unsent::InDoubt(_)), "{unsent}");
        }
        let letters = mail.letters();
        let ids: Vec<_> = letters.iter().map(|letter| &letter["Message-ID"]).collect();
        assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    }

    #[tokio::test]
    #[ignore = "needs an SMTP server: cargo xtask test"]
    async fn a_server_that_dies_with_a_letter_leaves_it_in_doubt() {
        let mut mail = TestMail::new();
        let sending = smtp(&mail.url(""));
        let unsent = tokio::spawn(async move { sending.send(letter("silent@example.org")).await });
        let taken = || (!mail.letters().is_empty()).then_some(());
        outgrow_testkit::until_async("it took the letter", Duration::from_secs(30), async || taken()).await;
        mail.process().kill();
        let unsent = unsent.await.unwrap().unwrap_err();
        assert!(matches!(unsent, Unsent::InDoubt(_)), "{unsent}");
    }
}
