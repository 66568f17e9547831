//! One connection through the proxy.

use std::io;
use std::sync::Arc;

use socket2::{SockFilter, SockRef};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::{Shared, Weather};

/// As much as TCP usually hands over at once.
const CHUNK: usize = 64 * 1024;

/// The one instruction of a socket filter (BPF) that keeps so many bytes of a packet as its operand says: none.
const DROP: u16 = 0x06;

/// Chunks that may wait for their time; more, and upstream is no longer read.
const QUEUE: usize = 256;

/// Carries a connection to its end.
pub(super) async fn carry(id: u64, mut client: TcpStream, shared: Arc<Shared>) {
    let (mut weather, mut losses) = (shared.weather.subscribe(), shared.weather.subscribe());
    let mut server = None;
    let ended = tokio::select! {
        biased;
        _ = weather.wait_for(|it| id < it.cut_below) => Err(io::ErrorKind::ConnectionReset.into()),
        _ = losses.wait_for(|it| id < it.lost_below) => lose(id, &client, &shared),
        ended = pass(&mut client, &mut server, &shared) => ended,
    };
    if shared.lost().contains(&id) {
        // The server keeps its end, as it does when a client is gone without a sign.
        let _ = weather.wait_for(|it| id < it.cut_below).await;
    }
    if ended.is_err() {
        // Closed with a reset instead of an orderly end. Fails only for one that is closed already.
        let _ = client.set_zero_linger();
        let _ = server.as_ref().map(TcpStream::set_zero_linger);
    }
    // Closed before it is counted as closed.
    drop((client, server));
    shared.open().remove(&id);
    shared.lost().remove(&id);
}

/// The system takes nothing from this client any more, and acknowledges nothing.
fn lose(id: u64, client: &TcpStream, shared: &Shared) -> io::Result<()> {
    SockRef::from(client).attach_filter(&[SockFilter::new(DROP, 0, 0, 0)])?;
    shared.lost().insert(id);
    Ok(())
}

async fn pass(client: &mut TcpStream, server: &mut Option<TcpStream>, shared: &Shared) -> io::Result<()> {
    let weather = shared.weather.subscribe();
    thaw(&mut weather.clone()).await;
    let server = server.insert(TcpStream::connect(shared.upstream).await?);
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::try_join!(up(from_client, to_server, weather.clone()), down(from_server, to_client, weather),)?;
    Ok(())
}

async fn up(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut weather: watch::Receiver<Weather>) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = from.read(&mut chunk).await?;
        thaw(&mut weather).await;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&chunk[..length]).await?;
    }
}

/// Reading goes on while earlier chunks wait for their time, so that the delay is a latency and not a slow line.
async fn down(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut weather: watch::Receiver<Weather>) -> io::Result<()> {
    let (queue, mut queued) = mpsc::channel::<(Instant, Vec<u8>)>(QUEUE);
    let now = weather.clone();
    let read = async move {
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = from.read(&mut chunk).await?;
            let due = Instant::now() + now.borrow().delay;
            // An empty chunk is the end, which is delayed too.
            let sent = queue.send((due, chunk[..length].to_vec())).await;
            if length == 0 || sent.is_err() {
                return Ok(());
            }
        }
    };
    let write = async move {
        while let Some((due, chunk)) = queued.recv().await {
            if due > Instant::now() {
                tokio::time::sleep_until(due).await;
            }
            thaw(&mut weather).await;
            if chunk.is_empty() {
                return to.shutdown().await;
            }
            to.write_all(&chunk).await?;
        }
        Ok(())
    };
    tokio::try_join!(read, write)?;
    Ok(())
}

async fn thaw(weather: &mut watch::Receiver<Weather>) {
    // The sender lives as long as the proxy; without it there is nothing to wait for.
    let _ = weather.wait_for(|it| !it.frozen).await;
}
