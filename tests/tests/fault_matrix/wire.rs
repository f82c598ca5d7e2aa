//! The HTTP client below the SDK's: lets requests through, and has go wrong what is to go wrong.

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use backout_engine::clock::Clock as _;
use jiff::SignedDuration;
use tokio::sync::{mpsc, oneshot};

use super::{
    named::{self, Attempt},
    refusals::refusal,
    trouble::{Extent, Kind},
    watch::{Answered, Counted, Effect, Watch, key},
    whose::Own,
};

/// What a slow answer takes: most of an invocation, or, if all are slow, most of what one attempt is given.
const SLOW: SignedDuration = SignedDuration::from_secs(50);
const SLOW_EACH: SignedDuration = SignedDuration::from_secs(9);

/// What the wire cannot do itself.
#[derive(Debug)]
pub enum Ask {
    /// The process is to end.
    Kill,
    /// The resource is to go back behind the engine's back.
    GoBack(oneshot::Sender<()>),
    /// The invocation is to be delivered once more.
    Repeat(oneshot::Sender<()>),
}

/// See the module. Clones are one wire.
#[derive(Clone)]
pub struct Wire {
    below: SharedHttpClient,
    own: Own,
    watch: Arc<Mutex<Watch>>,
    asks: mpsc::UnboundedSender<Ask>,
    invocations: Arc<AtomicUsize>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    pub fn new(own: Own) -> (Self, mpsc::UnboundedReceiver<Ask>) {
        let (asks, asked) = mpsc::unbounded_channel();
        let below = aws_smithy_http_client::Builder::new().build_http();
        (Self { below, own, watch: Arc::default(), asks, invocations: Arc::default() }, asked)
    }

    /// How many invocations of functions have arrived since this was last asked.
    pub fn invocations(&self) -> usize {
        self.invocations.swap(0, Ordering::Relaxed)
    }

    pub fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().expect("not poisoned")
    }

    fn ask(&self, ask: Ask) {
        self.asks.send(ask).expect("the driver is there as long as there are calls");
    }

    /// What is no API's call goes through it, too.
    pub fn plain(&self, line: SharedHttpConnector) -> SharedHttpConnector {
        SharedHttpConnector::new(Plain { wire: self.clone(), line })
    }

    async fn killed(&self) -> ! {
        self.ask(Ask::Kill);
        std::future::pending().await
    }

    async fn carry(
        self,
        line: SharedHttpConnector,
        attempt: Attempt,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let nature = self.watch().nature;
        let Some(nature) = nature else { return self.deliver(&line, &attempt, request).await };
        let now = backout_aws::SystemClock.now();
        if self.watch().deadline.is_some_and(|deadline| deadline + SignedDuration::from_secs(2) < now) {
            self.killed().await;
        }
        let whose = self.own.whose(&attempt, &request);
        let counted = self.watch().count(nature, &attempt, whose);
        let trouble = self.watch().trouble.clone();
        let trouble = trouble.filter(|it| it.strikes(&counted.operation, counted.number, attempt.number));
        let Some(trouble) = trouble else { return self.pass(&line, &attempt, &counted, request).await };
        self.watch().struck += 1;
        match trouble.kind {
            Kind::RequestLost => Err(lost()),
            Kind::ResponseLost => {
                self.pass(&line, &attempt, &counted, request).await?;
                Err(lost())
            }
            Kind::Throttled | Kind::ServerError | Kind::Denied => Ok(refusal(trouble.kind, &attempt, &request)),
            Kind::Stale => {
                let stale = self.watch().stale(&key(&attempt, &request));
                match stale {
                    Some(stale) => Ok(again(&stale)),
                    None => self.pass(&line, &attempt, &counted, request).await,
                }
            }
            Kind::WentBack => {
                let answer = self.pass(&line, &attempt, &counted, request).await;
                let (done, wait) = oneshot::channel();
                self.ask(Ask::GoBack(done));
                wait.await.expect("it went back");
                answer
            }
            Kind::Killed => {
                self.pass(&line, &attempt, &counted, request).await?;
                self.killed().await
            }
            Kind::Twice => {
                let (done, wait) = oneshot::channel();
                self.ask(Ask::Repeat(done));
                wait.await.expect("it was delivered again");
                self.pass(&line, &attempt, &counted, request).await
            }
            Kind::Slow => {
                let answer = self.pass(&line, &attempt, &counted, request).await;
                backout_aws::testing::pass(if trouble.extent == Extent::Always { SLOW_EACH } else { SLOW });
                answer
            }
        }
    }

    async fn deliver(
        &self,
        line: &SharedHttpConnector,
        attempt: &Attempt,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if (attempt.service.as_str(), attempt.operation.as_str()) == ("Lambda", "Invoke") {
            self.invocations.fetch_add(1, Ordering::Relaxed);
        }
        line.call(request).await
    }

    async fn pass(
        &self,
        line: &SharedHttpConnector,
        attempt: &Attempt,
        call: &Counted,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if call.effect != Effect::Read {
            return self.deliver(line, attempt, request).await;
        }
        let key = key(attempt, &request);
        let mut response = line.call(request).await?;
        let body = ByteStream::new(response.take_body()).collect().await;
        let body = body.map_err(|error| ConnectorError::io(error.into()))?.to_vec();
        let headers = response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        *response.body_mut() = SdkBody::from(body.clone());
        let answer = Answered { status: response.status().as_u16(), headers, body };
        self.watch().answered(call, key, answer);
        Ok(response)
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let line = self.below.http_connector(settings, components);
        SharedHttpConnector::new(Line { wire: self.clone(), line })
    }
}

#[derive(Debug)]
struct Line {
    wire: Wire,
    line: SharedHttpConnector,
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let attempt = named::under_way();
        HttpConnectorFuture::new(self.wire.clone().carry(self.line.clone(), attempt, request))
    }
}

#[derive(Debug)]
struct Plain {
    wire: Wire,
    line: SharedHttpConnector,
}

impl HttpConnector for Plain {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let attempt = Attempt { service: named::PLAIN_HTTP.into(), operation: request.method().into(), number: 1 };
        HttpConnectorFuture::new(self.wire.clone().carry(self.line.clone(), attempt, request))
    }
}

fn lost() -> ConnectorError {
    ConnectorError::io(io::Error::new(io::ErrorKind::ConnectionReset, "as the fault matrix wants it").into())
}

fn again(answer: &Answered) -> HttpResponse {
    let status = StatusCode::try_from(answer.status).expect("a status");
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body.clone()));
    for (name, value) in &answer.headers {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response
}
