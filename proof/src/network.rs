//! A network of machines on this computer: on loopback addresses, or in network namespaces with a cable each, which can
//! be pulled out.

use crate::cluster::said;
use anyhow::Result;
use std::process::Command;

/// The addresses of some machines. What was made for them ends with the handle.
pub struct Network {
    /// The second number of the addresses, so that two networks of one computer do not meet.
    number: u32,
    machines: usize,
    /// Whether each machine has a namespace of its own.
    apart: bool,
}

impl Network {
    /// A network; `apart`: in namespaces, which needs root.
    ///
    /// # Errors
    /// Where namespaces, a bridge or cables cannot be made.
    pub fn new(machines: usize, apart: bool) -> Result<Network> {
        let network = Network {
            number: 64 + std::process::id() % 128,
            machines,
            apart,
        };
        if apart {
            network.lay_cables()?;
        }
        Ok(network)
    }

    fn lay_cables(&self) -> Result<()> {
        let n = self.number;
        ip(&format!("link add hersys{n} type bridge"))?;
        ip(&format!("addr add 10.{n}.0.254/24 dev hersys{n}"))?;
        ip(&format!("link set hersys{n} up"))?;
        for machine in 0..self.machines {
            let (room, cable, host) = (self.room(machine), self.cable(machine), self.host(machine));
            ip(&format!("netns add {room}"))?;
            ip(&format!(
                "link add {cable} type veth peer name eth0 netns {room}"
            ))?;
            ip(&format!("link set {cable} master hersys{n} up"))?;
            ip(&format!("-n {room} addr add {host}/24 dev eth0"))?;
            ip(&format!("-n {room} link set eth0 up"))?;
            ip(&format!("-n {room} link set lo up"))?;
        }
        Ok(())
    }

    fn room(&self, machine: usize) -> String {
        format!("hersys{}-{machine}", self.number)
    }

    fn cable(&self, machine: usize) -> String {
        format!("hersys{}v{machine}", self.number)
    }

    /// How many machines it has.
    pub fn machines(&self) -> usize {
        self.machines
    }

    /// The address of a machine, counted from 0.
    pub fn host(&self, machine: usize) -> String {
        let first = if self.apart { 10 } else { 127 };
        format!("{first}.{}.0.{}", self.number, machine + 1)
    }

    /// A program on a machine, as a user where that is asked for. Its process is the program's own.
    pub fn program(&self, machine: usize, program: &str, user: Option<(u32, u32)>) -> Command {
        use std::os::unix::process::CommandExt;
        if !self.apart {
            let mut command = Command::new(program);
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            return command;
        }
        let mut command = Command::new("/usr/sbin/ip");
        command.args(["netns", "exec", &self.room(machine)]);
        if let Some((uid, gid)) = user {
            command.args(["setpriv", "--clear-groups"]);
            command.arg(format!("--reuid={uid}"));
            command.arg(format!("--regid={gid}"));
        }
        command.arg(program);
        command
    }

    /// Pulls a machine's cable out, or puts it back: what is sent to it is lost without a word.
    ///
    /// # Errors
    /// Where the machines have no cables.
    pub fn pull_out(&self, machine: usize, out: bool) -> Result<()> {
        let state = if out { "down" } else { "up" };
        ip(&format!("link set {} {state}", self.cable(machine)))
    }
}

fn ip(arguments: &str) -> Result<()> {
    said(Command::new("/usr/sbin/ip").args(arguments.split(' '))).map(|_| ())
}

impl Drop for Network {
    fn drop(&mut self) {
        if self.apart {
            for machine in 0..self.machines {
                let _ = ip(&format!("netns del {}", self.room(machine)));
            }
            let _ = ip(&format!("link del hersys{}", self.number));
        }
    }
}
