//! The shell, as its window hears and asks it: lines on standard input and output (`seam.rs`).

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::sync::{Mutex, PoisonError};

use tauri::{AppHandle, Manager};
use tokio::sync::oneshot;

use crate::seam::{self, Ask, Outcome, ToShell, ToWindow};
use crate::view;
use crate::view::gateway::{Gateway, Opening};

/// The questions that wait for an answer.
#[derive(Default)]
pub struct Shell(Mutex<Questions>);

#[derive(Default)]
struct Questions {
    asked: u64,
    waiting: HashMap<u64, oneshot::Sender<Outcome>>,
}

impl Shell {
    pub async fn ask(&self, ask: Ask) -> Outcome {
        let (number, answer) = self.question();
        // The shell always reads, but what is copied may be more than a pipe holds.
        tauri::async_runtime::spawn_blocking(move || say(&ToShell::Question { number, ask }))
            .await
            .map_err(|error| error.to_string())?;
        answer.await.unwrap_or_else(|_| Err("Postern is ending.".to_owned()))
    }

    fn question(&self) -> (u64, oneshot::Receiver<Outcome>) {
        let (sender, answer) = oneshot::channel();
        let mut questions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        questions.asked += 1;
        let number = questions.asked;
        questions.waiting.insert(number, sender);
        (number, answer)
    }

    fn answered(&self, number: u64, outcome: Outcome) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).waiting.remove(&number);
        // Nobody waits for it where the page has been loaded anew.
        if let Some(waiting) = waiting {
            let _ = waiting.send(outcome);
        }
    }
}

/// Says one line. A shell that does not hear it is gone, and `listen` learns of that by itself.
pub fn say(message: &ToShell) {
    let mut output = io::stdout().lock();
    let said = output.write_all(seam::line(message).as_bytes()).and_then(|()| output.flush());
    if let Err(error) = said {
        tracing::debug!(%error, "the shell does not listen any more");
    }
}

/// Hears what the shell says, on a thread of its own, since reading from a pipe cannot be called off. Ends the process
/// when the shell is gone.
pub fn listen(app: AppHandle) {
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if let Some(message) = seam::understood(&line) {
                hear(&app, message);
            }
        }
        app.exit(0);
    });
}

fn hear(app: &AppHandle, message: ToWindow) {
    match message {
        ToWindow::GatewayOpen => app.state::<Gateway>().is(Opening::Open),
        ToWindow::GatewayFailed(reason) => app.state::<Gateway>().is(Opening::Failed(reason)),
        ToWindow::Answer { to, outcome } => app.state::<Shell>().answered(to, outcome),
        ToWindow::Raise => {
            let handle = app.clone();
            if let Err(error) = app.run_on_main_thread(move || view::raise(&handle)) {
                tracing::debug!(%error, "the window is ending");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_finds_its_question() {
        let shell = Shell::default();
        let (first, for_first) = shell.question();
        let (second, for_second) = shell.question();
        shell.answered(second, Err("No.".to_owned()));
        shell.answered(99, Ok(String::new()));
        shell.answered(first, Ok("http://127.0.0.1:4001".to_owned()));
        assert_eq!(for_first.await.unwrap(), Ok("http://127.0.0.1:4001".to_owned()));
        assert_eq!(for_second.await.unwrap(), Err("No.".to_owned()));
        assert!(shell.0.lock().unwrap().waiting.is_empty());
    }
}
