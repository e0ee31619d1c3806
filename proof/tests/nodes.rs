//! Short versions of the proofs with several nodes and several database machines.
#![allow(clippy::unwrap_used)]

use proof::failover::{Failover, Fault};
use proof::rolling::Rolling;

/// One after the other: they are measured by the clock.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_that_nodes_are_restarted() {
    if std::env::var_os("HERSYS_TEST_POSTGRES_URL").is_none() || !proof::cluster::is_installed() {
        eprintln!("needs HERSYS_TEST_POSTGRES_URL and HAProxy");
        return;
    }
    let _alone = ALONE.lock().await;
    let rolling = Rolling {
        rounds: 1,
        drain_delay: 4,
    };
    assert!(proof::rolling::run(&rolling).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_leader_of_the_database_crashes() {
    if !proof::cluster::is_installed() {
        eprintln!("needs Patroni, etcd, HAProxy and PostgreSQL: scripts/setup-tests installs them");
        return;
    }
    let _alone = ALONE.lock().await;
    let failover = Failover {
        faults: vec![Fault::Crash],
        rounds: 1,
    };
    assert!(proof::failover::run(&failover).await.unwrap());
}
