//! Ports of this machine that nobody else gets.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// A port for a program that is started later: until then connections are refused there, and no other program that
/// asks for any free port gets it. The program may be restarted while this lives.
#[derive(Debug)]
pub struct Place(TcpSocket);

impl Place {
    /// Takes one.
    ///
    /// # Panics
    /// When no port is free.
    pub fn new() -> Self {
        // Two sockets that say so may have one port, as long as only one of them listens.
        Self(bound(true))
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        address(&self.0)
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

/// A place where connections are refused, and nobody else can listen, while this lives.
#[derive(Debug)]
pub struct Nobody(TcpSocket);

impl Nobody {
    /// Takes one.
    ///
    /// # Panics
    /// When no port is free.
    pub fn new() -> Self {
        Self(bound(false))
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        address(&self.0)
    }
}

impl Default for Nobody {
    fn default() -> Self {
        Self::new()
    }
}

fn bound(is_shared: bool) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket is made");
    socket.set_reuseaddr(is_shared).expect("an option is set");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port is free");
    socket
}

fn address(socket: &TcpSocket) -> SocketAddr {
    socket.local_addr().expect("the socket is bound")
}
