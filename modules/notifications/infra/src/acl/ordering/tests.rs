//! Each outcome gives its notice, and nothing else gives one.

use ordering_contract::Reason;
use outgrow::Money;
use outgrow_testkit::SequentialIds;

use super::*;

fn customer() -> Customer {
    "ada".parse().unwrap()
}

fn order() -> ordering_contract::OrderId {
    ordering_contract::OrderId(SequentialIds::nth(1))
}

fn total() -> Money {
    Money { amount: 1250, currency: "EUR".parse().unwrap() }
}

fn heard(news: News) -> Notice {
    Notice { order: OrderId(SequentialIds::nth(1)), to: "ada".parse().unwrap(), news }
}

#[test]
fn every_outcome_gives_its_notice() {
    let (order, total) = (order(), total());
    let reason = Reason { code: "out-of-stock".to_owned(), message: "only 1 left".to_owned() };
    let cases = [
        (OrderEvent::OrderConfirmed { order, customer: customer(), total }, News::Confirmed { total }),
        (
            OrderEvent::OrderRejected { order, customer: customer(), reason },
            News::Rejected { why: "only 1 left".to_owned() },
        ),
        (OrderEvent::OrderCancelled { order, customer: customer() }, News::Cancelled),
    ];
    for (event, news) in cases {
        assert_eq!(notice(event).unwrap(), Some(heard(news)));
    }
}

#[test]
fn that_an_order_is_placed_gives_no_notice() {
    let placed = OrderEvent::OrderPlaced { order: order(), customer: customer(), total: total() };
    assert_eq!(notice(placed).unwrap(), None);
}

#[test]
fn whom_ordering_can_name_we_can_write_to() {
    for name in ["a", &"ü".repeat(64)] {
        let customer = name.parse().unwrap();
        assert!(notice(OrderEvent::OrderCancelled { order: order(), customer }).is_ok(), "{name}");
    }
}
