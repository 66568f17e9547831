//! Where connections come in, or are refused.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;

use super::{Shared, connection};

/// Where the outcome of an order is told.
pub(super) type Reply = std::sync::mpsc::Sender<io::Result<()>>;

#[derive(Debug)]
pub(super) enum Order {
    Refuse(Reply),
    Listen(Reply),
}

/// A port that is bound without being listened on refuses connections, and nobody else can take it meanwhile.
enum Door {
    Open(TcpListener),
    Shut(TcpSocket),
    /// Moving from one to the other failed; told to whoever gave the order.
    Lost,
}

pub(super) async fn serve(
    listener: std::net::TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
    mut orders: mpsc::UnboundedReceiver<Order>,
) {
    let mut door = TcpListener::from_std(listener).map_or(Door::Lost, Door::Open);
    loop {
        tokio::select! {
            order = orders.recv() => {
                let (reply, moved) = match order {
                    None => return,
                    Some(Order::Refuse(reply)) => (reply, shut(&mut door, address)),
                    Some(Order::Listen(reply)) => (reply, open(&mut door, address)),
                };
                // Nobody waits for the outcome any more: then nobody misses it.
                let _ = reply.send(moved);
            }
            client = accept(&door) => {
                let id = shared.next.fetch_add(1, Ordering::SeqCst);
                shared.open().insert(id);
                tokio::spawn(connection::carry(id, client, Arc::clone(&shared)));
            }
        }
    }
}

async fn accept(door: &Door) -> TcpStream {
    let Door::Open(listener) = door else {
        return std::future::pending().await;
    };
    loop {
        match listener.accept().await {
            Ok((client, _)) => return client,
            // Out of files, most likely: no reason to spin.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

fn shut(door: &mut Door, address: SocketAddr) -> io::Result<()> {
    if !matches!(door, Door::Shut(_)) {
        *door = Door::Lost;
        *door = Door::Shut(bind(address)?);
    }
    Ok(())
}

fn open(door: &mut Door, address: SocketAddr) -> io::Result<()> {
    let socket = match std::mem::replace(door, Door::Lost) {
        Door::Open(listener) => {
            *door = Door::Open(listener);
            return Ok(());
        }
        Door::Shut(socket) => socket,
        Door::Lost => bind(address)?,
    };
    *door = Door::Open(socket.listen(1024)?);
    Ok(())
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections that were accepted on this port may still be open.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
