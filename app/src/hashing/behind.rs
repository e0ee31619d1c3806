//! Threads that stand behind all others, in Linux's class for idle work (`SCHED_IDLE`). One that hashes gives its core up at
//! once to whoever has anything else to do there, where an ordinary thread would first use up a slice of some milliseconds.
//!
//! Such a thread may stand still between any two of its instructions for as long as others take the machine, so nobody may
//! ever wait for what it holds. It takes no lock that somebody else wants (nor what has one inside: a channel, the runtime's
//! queue, the log), and neither gets memory from the system nor gives it back. Whoever has work for it writes that down, says
//! by one number whose turn it is, and is answered in the same way.

use super::argon::{Memories, Work};
use argon2::Block;
use argon2::password_hash::phc::Output;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Whoever finds it so may write work down.
const NOBODYS: u8 = 0;
/// Of who writes work down and reads what came of it.
const GIVERS: u8 = 1;
/// Of the thread.
const THREADS: u8 = 2;
/// Of the thread, and nobody waits for what comes of it any more.
const LEFT: u8 = 3;
/// The thread is to end.
const OVER: u8 = 4;

/// Threads that stand behind all others, and the memory in which is hashed.
pub(super) struct Behind {
    /// What a thread does. Tests have some that do nothing.
    threads_do: fn(&Desk),
    most: usize,
    /// Only ordinary threads look here.
    places: Mutex<Vec<Place>>,
    /// Whether the system lets no thread stand behind others.
    refused: Arc<AtomicBool>,
    memories: Memories,
}

/// What came of work.
pub(super) enum Came {
    /// `None`: it cannot be hashed.
    Out(Option<Output>),
    /// Nothing in time: others take the whole machine. Whoever needs it hashes it again.
    NotInTime,
}

#[derive(Clone)]
struct Place {
    desk: Arc<Desk>,
    thread: Thread,
}

/// Where work is written down for one thread.
pub(super) struct Desk {
    turn: AtomicU8,
    /// Opened only by whose turn it is, so that nobody ever waits for the lock.
    paper: Mutex<Option<Paper>>,
}

struct Paper {
    work: Arc<Work>,
    memory: Vec<Block>,
    out: Option<Output>,
    from: Thread,
}

impl Behind {
    /// At most so many threads, which are begun as they are needed.
    pub(super) fn with(most: usize) -> Behind {
        Behind::of(most, Desk::serve)
    }

    pub(super) fn of(most: usize, threads_do: fn(&Desk)) -> Behind {
        Behind {
            threads_do,
            most,
            places: Mutex::default(),
            refused: Arc::new(AtomicBool::new(!cfg!(target_os = "linux"))),
            memories: Memories::default(),
        }
    }

    /// Whether the system lets no thread stand behind others: then all are ordinary ones.
    pub(super) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// Hashes behind all others, if that is done within so long; where no thread can stand there, at once.
    pub(super) fn hash(&self, work: &Arc<Work>, within: Duration) -> Came {
        if self.is_refused() {
            return Came::Out(self.hash_at_once(work));
        }
        let Some(place) = self.free_place() else {
            return Came::NotInTime;
        };
        self.clear(&place.desk);
        *place.desk.paper() = Some(Paper {
            work: work.clone(),
            memory: self.memories.take(work.blocks()),
            out: None,
            from: thread::current(),
        });
        place.desk.turn.store(THREADS, Ordering::Release);
        place.thread.unpark();
        if !place.desk.comes_back(within) {
            return Came::NotInTime;
        }
        let out = self.clear(&place.desk);
        place.desk.turn.store(NOBODYS, Ordering::Release);
        Came::Out(out)
    }

    /// Hashes on the thread that asks for it.
    pub(super) fn hash_at_once(&self, work: &Work) -> Option<Output> {
        let mut memory = self.memories.take(work.blocks());
        let out = work.done_in(&mut memory);
        self.memories.put_back(memory);
        out
    }

    /// Gives memory back to the system in which nothing was hashed for so long. Whether any is left.
    pub(super) fn give_up(&self, kept: Duration) -> bool {
        let mut is_at_work = false;
        for place in self.places().iter() {
            if place.desk.pass(NOBODYS, GIVERS) {
                self.clear(&place.desk);
                place.desk.turn.store(NOBODYS, Ordering::Release);
            } else {
                is_at_work = true;
            }
        }
        self.memories.give_up(kept) || is_at_work
    }

    /// A place whose turn is now the giver's.
    fn free_place(&self) -> Option<Place> {
        let mut places = self.places();
        let free = |place: &&Place| place.desk.pass(NOBODYS, GIVERS);
        if let Some(place) = places.iter().find(free) {
            return Some(place.clone());
        }
        if places.len() == self.most {
            return None;
        }
        let desk = Arc::new(Desk {
            turn: AtomicU8::new(GIVERS),
            paper: Mutex::default(),
        });
        let (its, refused, threads_do) = (desk.clone(), self.refused.clone(), self.threads_do);
        let begun = thread::Builder::new()
            .name("hash".to_owned())
            .spawn(move || {
                if !stands_behind() {
                    refused.store(true, Ordering::Relaxed);
                    tell_once();
                }
                threads_do(&its);
            });
        let thread = begun.ok()?.thread().clone();
        let place = Place { desk, thread };
        places.push(place.clone());
        Some(place)
    }

    /// Takes what lies there, also what somebody left, and keeps its memory. Only for the giver.
    fn clear(&self, desk: &Desk) -> Option<Output> {
        let paper = desk.paper().take()?;
        self.memories.put_back(paper.memory);
        paper.out
    }

    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        for place in self.places().iter() {
            place.desk.turn.store(OVER, Ordering::Release);
            place.thread.unpark();
        }
    }
}

impl Desk {
    /// What a thread does.
    fn serve(&self) {
        loop {
            match self.turn.load(Ordering::Acquire) {
                THREADS => {
                    let from = self.work();
                    if self.pass(THREADS, GIVERS) {
                        from.inspect(Thread::unpark);
                    } else {
                        self.pass(LEFT, NOBODYS);
                    }
                }
                // Nobody waited until it was begun.
                LEFT => {
                    self.pass(LEFT, NOBODYS);
                }
                OVER => return,
                _ => thread::park(),
            }
        }
    }

    fn work(&self) -> Option<Thread> {
        let mut paper = self.paper();
        let paper = paper.as_mut()?;
        let (work, memory) = (&paper.work, &mut paper.memory);
        let done = catch_unwind(AssertUnwindSafe(|| work.done_in(memory)));
        paper.out = done.ok().flatten();
        Some(paper.from.clone())
    }

    /// Waits until it is the giver's turn, at most so long. Otherwise it is left to the thread.
    fn comes_back(&self, within: Duration) -> bool {
        let until = Instant::now() + within;
        loop {
            if self.turn.load(Ordering::Acquire) == GIVERS {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() && self.pass(THREADS, LEFT) {
                return false;
            }
            thread::park_timeout(left);
        }
    }

    fn pass(&self, from: u8, to: u8) -> bool {
        self.turn
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    fn paper(&self) -> MutexGuard<'_, Option<Paper>> {
        self.paper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Goes behind all others. A thread needs no right for that, but for coming back: so none does.
#[cfg(target_os = "linux")]
fn stands_behind() -> bool {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
        set_thread_priority_and_policy, thread_native_id, thread_schedule_policy,
    };
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    // What it answers is also about `nice`, which means nothing there.
    let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
    thread_schedule_policy().is_ok_and(|now| now == idle)
}

#[cfg(not(target_os = "linux"))]
fn stands_behind() -> bool {
    false
}

fn tell_once() {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        tracing::info!(
            "the system lets no thread stand behind others: passwords are hashed at the same rank as all else"
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::password::Password;

    const LONG: Duration = Duration::from_secs(60);

    fn work() -> Arc<Work> {
        Arc::new(Work::new(Password::parse_unchecked("kogarashi7!Aki")).unwrap())
    }

    fn out(came: Came) -> Option<Output> {
        match came {
            Came::Out(out) => out,
            Came::NotInTime => None,
        }
    }

    #[test]
    fn a_thread_behind_hashes_as_any_other() {
        let (behind, work) = (Behind::with(1), work());
        let made = out(behind.hash(&work, LONG));
        assert!(made.is_some());
        assert_eq!(made, behind.hash_at_once(&work));
        assert_eq!(made, out(behind.hash(&work, LONG)));
        assert_eq!(behind.places().len(), 1);
        assert!(!behind.give_up(Duration::ZERO));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_stands_behind_all_others() {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadSchedulePolicy, thread_schedule_policy,
        };
        let here = || match thread_schedule_policy() {
            Ok(ThreadSchedulePolicy::Normal(policy)) => Some(policy),
            _ => None,
        };
        let inner = move || (stands_behind(), here());
        let (stands, found) = thread::spawn(inner).join().unwrap();
        assert_eq!(stands, found == Some(NormalThreadSchedulePolicy::Idle));
        assert_ne!(
            here(),
            Some(NormalThreadSchedulePolicy::Idle),
            "only that one"
        );
    }

    #[test]
    fn what_was_not_begun_in_time_is_taken_back_up_by_nobody() {
        let behind = Behind::of(1, |desk| {
            while desk.turn.load(Ordering::Acquire) != OVER {
                thread::park();
            }
        });
        behind.refused.store(false, Ordering::Relaxed);
        let work = work();
        let came = behind.hash(&work, Duration::from_millis(5));
        assert!(matches!(came, Came::NotInTime));
        // Its thread is not asked again: nobody waits for it a second time.
        let began = Instant::now();
        assert!(matches!(behind.hash(&work, LONG), Came::NotInTime));
        assert!(began.elapsed() < LONG / 2);
        assert!(behind.hash_at_once(&work).is_some());
    }

    #[test]
    fn a_thread_that_was_late_comes_back_with_its_memory() {
        let behind = Behind::of(1, |desk| {
            // Others take the machine until the first has been left.
            while desk.turn.load(Ordering::Acquire) != LEFT {
                thread::park_timeout(Duration::from_millis(1));
            }
            desk.work();
            desk.pass(LEFT, NOBODYS);
            desk.serve();
        });
        behind.refused.store(false, Ordering::Relaxed);
        let work = work();
        assert!(matches!(
            behind.hash(&work, Duration::from_millis(5)),
            Came::NotInTime
        ));
        while behind.places()[0].desk.turn.load(Ordering::Acquire) != NOBODYS {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(behind.give_up(LONG), "its memory is there");
        assert!(out(behind.hash(&work, LONG)).is_some());
        assert!(!behind.give_up(Duration::ZERO), "and was used again");
    }
}
