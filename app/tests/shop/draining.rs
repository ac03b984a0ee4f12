//! Asked to end while it is busy: bounded, and nothing is lost.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use outgrow_testkit::until_async;

use crate::system::{SOON, System, order};

/// From SIGTERM to the end, whatever clients and peers do.
const MOST: Duration = Duration::from_secs(20);

#[tokio::test]
async fn it_ends_in_bounded_time_though_clients_hold_on_and_orders_are_open() {
    let mut shop = System::started(&[("stock", &["inventory"])], "").await;
    shop.sell("mug", 1250, 500).await;

    // Ordering asks a peer that does not answer, again and again.
    shop.process("stock").freeze();
    let mut open = Vec::new();
    for _ in 0..5 {
        let placed = shop.post("/v1/orders", &order("mug", 1)).await.json();
        open.push(placed["id"].as_str().unwrap().to_owned());
    }
    // One client never ends its request, one never begins another, one waits for stock, many come and go.
    let mut unfinished = TcpStream::connect(shop.main).unwrap();
    unfinished.write_all(b"POST /v1/orders HTTP/1.1\r\nhost: shop\r\ncontent-length: 999\r\n\r\n{").unwrap();
    let mut idle = TcpStream::connect(shop.main).unwrap();
    idle.write_all(b"GET /v1/products HTTP/1.1\r\nhost: shop\r\n\r\n").unwrap();
    assert!(idle.read(&mut [0; 64]).unwrap() > 0);
    let waiting = tokio::spawn(shop.http().get("/v1/stock/mug").send());
    let load = (0..8).map(|_| {
        let http = shop.http();
        tokio::spawn(async move {
            let mut answered = 0_u32;
            while let Ok(reply) = http.get("/v1/products").send().await {
                assert_eq!(reply.status, 200, "{}", reply.text());
                answered += 1;
            }
            answered
        })
    });
    let load: Vec<_> = load.collect();
    until_async("there is load", SOON, async || shop.get("/metrics").await.text().contains("answered\"} 9"))
        .await;

    shop.process("main").terminate();
    let status = shop.process("main").exit(MOST);
    assert!(status.success(), "{status}");
    for client in load {
        assert!(client.await.unwrap() > 0);
    }
    assert_eq!(waiting.await.unwrap().unwrap().status, 503, "who had asked was answered");

    shop.process("stock").thaw();
    shop.start("main");
    for id in open {
        shop.order_becomes(&id, "confirmed").await;
    }
    assert_eq!(shop.stock("mug").await, (495, 0, 495), "each left once");
}
