//! Fetch and the clock, in browsers and in Node: what reaches `fetch`, and what each way of failing becomes.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic)]

use fhir_pull::Code;
use fhir_pull::host::clock::PlatformClock;
use fhir_pull::host::fetch::Fetch;
use fhir_pull::host::{Clock, Request, Response, Transport};
use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{AbortController, AbortSignal};

const URL: &str = "https://ehr.example.org/fhir/Patient?name=Chalmers&_getpages=a%20b%2Fc&flag";

fn get(url: &str) -> Request {
    Request {
        method: "GET",
        url: url.into(),
        headers: vec![("accept", "application/fhir+json".into())],
        body: None,
    }
}

/// Sends by a `fetch(request)` with this JavaScript body.
async fn by(body: &str, request: &Request) -> fhir_pull::Result<Response> {
    let custom = Function::new_with_args("request", body);
    Fetch::new(Some(custom), None).send(request).await
}

/// Whether what went into the message is fit for a log.
fn names_the_origin_alone(message: &str) {
    assert!(message.contains("https://ehr.example.org"), "{message}");
    for secret in ["/fhir", "Patient", "Chalmers", "s3cret"] {
        assert!(!message.contains(secret), "{message}");
    }
}

fn global(code: &str) -> JsValue {
    Function::new_no_args(code)
        .call0(&JsValue::UNDEFINED)
        .unwrap()
}

#[wasm_bindgen_test]
async fn an_answer_comes_with_status_headers_and_bytes() {
    let answer = by(
        "return Promise.resolve(new Response(new Uint8Array([0, 255, 10]), \
         { status: 404, headers: { ETag: 'W/\"1\"', 'Content-Type': 'application/fhir+json' } }))",
        &get(URL),
    )
    .await
    .unwrap();
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("etag"), Some("W/\"1\""));
    assert_eq!(answer.header("content-type"), Some("application/fhir+json"));
    assert_eq!(answer.body, [0, 255, 10]);
}

#[wasm_bindgen_test]
async fn the_request_reaches_fetch_as_it_was_asked_for_p1() {
    let request = Request {
        method: "POST",
        url: URL.into(),
        headers: vec![
            ("accept", "application/fhir+json".into()),
            ("prefer", "handling=strict".into()),
        ],
        body: Some("{\"ä\":1}".into()),
    };
    let answer = by(
        "return request.text().then(text => new Response(JSON.stringify([request.method, request.url, \
         request.headers.get('prefer'), text, request.redirect, request.credentials, request.cache])))",
        &request,
    )
    .await
    .unwrap();
    let expected =
        format!(r#"["POST","{URL}","handling=strict","{{\"ä\":1}}","manual","omit","no-store"]"#);
    assert_eq!(String::from_utf8(answer.body).unwrap(), expected);
}

#[wasm_bindgen_test]
async fn a_redirect_comes_back_as_it_is_and_an_opaque_one_as_0() {
    let answer = by(
        "return Response.redirect('https://elsewhere.example/', 307)",
        &get(URL),
    )
    .await;
    let answer = answer.unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(
        answer.header("location"),
        Some("https://elsewhere.example/")
    );
    assert_eq!(
        by("return Response.error()", &get(URL))
            .await
            .unwrap()
            .status,
        0
    );
}

#[wasm_bindgen_test]
async fn l6_the_answer_of_a_redirect_that_was_followed_is_shown_as_a_redirect() {
    let followed = "const answer = new Response('{}');
        Object.defineProperty(answer, 'redirected', { value: true });
        return answer;";
    assert_eq!(by(followed, &get(URL)).await.unwrap().status, 0);
}

#[wasm_bindgen_test]
async fn no_answer_is_a_network_error_that_names_the_origin_alone() {
    let ways = [
        "return Promise.reject(new TypeError('Failed to fetch ' + request.url))",
        "throw new Error(request.url)",
        "return Promise.reject('a string')",
        "return Promise.reject()",
    ];
    for way in ways {
        let error = by(way, &get(URL)).await.unwrap_err();
        assert_eq!(error.code(), Code::Network, "{way}");
        assert!(error.is_retryable());
        names_the_origin_alone(error.message());
    }
}

#[wasm_bindgen_test]
async fn a_refused_connection_is_a_network_error() {
    let error = Fetch::new(None, None)
        .send(&get("http://127.0.0.1:1/fhir"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Network);
}

#[wasm_bindgen_test]
async fn a_body_cut_short_is_a_network_error() {
    for reason in ["new TypeError('terminated')", "'a string'", "undefined"] {
        let way = format!(
            "return new Response(new ReadableStream({{ pull(controller) {{ \
             controller.enqueue(new Uint8Array(10)); controller.error({reason}); }} }}))"
        );
        let error = by(&way, &get(URL)).await.unwrap_err();
        assert_eq!(error.code(), Code::Network, "{reason}");
        names_the_origin_alone(error.message());
        assert!(error.message().contains("cut short"), "{error}");
    }
}

#[wasm_bindgen_test]
async fn an_abort_error_is_aborted() {
    let way = "return Promise.reject(new DOMException('stop', 'AbortError'))";
    assert_eq!(by(way, &get(URL)).await.unwrap_err().code(), Code::Aborted);
}

#[wasm_bindgen_test]
async fn an_aborted_signal_sends_nothing() {
    let way = Function::new_with_args("request", "throw new Error('was called')");
    let signal = AbortSignal::abort();
    let error = Fetch::new(Some(way), Some(signal))
        .send(&get(URL))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Aborted);
}

#[wasm_bindgen_test]
async fn a_signal_ends_a_fetch_that_does_not_know_it_whatever_the_reason() {
    let never_answers = "return new Promise(() => {})";
    let never_ends = "return new Response(new ReadableStream({}))";
    for way in [never_answers, never_ends] {
        for reason in [
            "new DOMException('stop', 'AbortError')",
            "'a string'",
            "null",
        ] {
            let controller = AbortController::new().unwrap();
            let custom = Function::new_with_args("request", way);
            let fetch = Fetch::new(Some(custom), Some(controller.signal()));
            let abort = Function::new_with_args(
                "controller",
                &format!("setTimeout(() => controller.abort({reason}), 20)"),
            );
            abort.call1(&JsValue::UNDEFINED, &controller).unwrap();
            let error = fetch.send(&get(URL)).await.unwrap_err();
            assert_eq!(error.code(), Code::Aborted, "{way} {reason}");
        }
    }
}

#[wasm_bindgen_test]
async fn what_cannot_be_a_request_is_bad_input_and_keeps_the_token_to_itself() {
    let mut broken_token = get(URL);
    broken_token
        .headers
        .push(("authorization", "Bearer s3cret\nx: y".into()));
    let error = by("throw new Error('was called')", &broken_token)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::BadInput);
    names_the_origin_alone(error.message());

    let with_password = get("https://user:s3cret@ehr.example.org/fhir/Patient");
    let error = by("return new Promise(() => {})", &with_password)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::BadInput);
    names_the_origin_alone(error.message());

    let error = by("throw new Error('was called')", &get("http://"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::BadInput);
}

#[wasm_bindgen_test]
async fn a_fetch_that_answers_with_something_else_is_bad_input() {
    for way in [
        "return undefined",
        "return Promise.resolve('text')",
        "return { status: 200 }",
    ] {
        assert_eq!(
            by(way, &get(URL)).await.unwrap_err().code(),
            Code::BadInput,
            "{way}"
        );
    }
}

#[wasm_bindgen_test]
async fn sleep_lasts_and_a_signal_ends_it() {
    let clock = PlatformClock::default();
    let start = clock.now();
    clock.sleep(50).await;
    assert!((45..5_000).contains(&(clock.now() - start)));

    let signal = AbortSignal::timeout_with_u32(20);
    PlatformClock::new(Some(signal)).sleep(u32::MAX).await;
    assert!(clock.now() - start < 5_000);

    assert!(clock.now() > global("return Date.UTC(2024, 0)").as_f64().unwrap() as i64);
    let (one, other) = (clock.random(), clock.random());
    assert!((0.0..1.0).contains(&one) && (0.0..1.0).contains(&other) && one != other);
}

/// Opens the answer of a `fetch(request)` with this JavaScript body, and reads it to its end.
async fn pieces(body: &str, signal: Option<AbortSignal>) -> fhir_pull::Result<Vec<Vec<u8>>> {
    let custom = Function::new_with_args("request", body);
    let fetch = Fetch::new(Some(custom), signal);
    let (response, mut body) = fetch.open(&get(URL)).await?;
    assert!(response.body.is_empty());
    let mut pieces = Vec::new();
    while let Some(piece) = body.next().await? {
        pieces.push(piece);
    }
    assert_eq!(body.next().await?, None, "the end stays the end");
    Ok(pieces)
}

#[wasm_bindgen_test]
async fn b4_a_body_comes_piece_by_piece() {
    let streamed = "let left = 3; return new Response(new ReadableStream({ pull(controller) { \
        if (left === 0) controller.close(); \
        else controller.enqueue(new Uint8Array([left--])); } }))";
    assert_eq!(pieces(streamed, None).await.unwrap(), [[3], [2], [1]]);
    let none = "return new Response(null, { status: 204 })";
    assert_eq!(pieces(none, None).await.unwrap(), Vec::<Vec<u8>>::new());
}

#[wasm_bindgen_test]
async fn b4_a_stream_cut_short_or_of_no_bytes_is_a_network_error() {
    for piece in [
        "controller.error(new TypeError('terminated'))",
        "controller.error()",
        "controller.enqueue('text')",
        "controller.enqueue(undefined)",
    ] {
        let way = format!(
            "let first = true; return new Response(new ReadableStream({{ pull(controller) {{ \
             if (first) controller.enqueue(new Uint8Array(10)); else {piece}; first = false; }} }}))"
        );
        let error = pieces(&way, None).await.unwrap_err();
        assert_eq!(error.code(), Code::Network, "{piece}");
        names_the_origin_alone(error.message());
    }
}

#[wasm_bindgen_test]
async fn w3_a_signal_ends_a_stream_that_does_not_know_it() {
    let controller = AbortController::new().unwrap();
    let abort = Function::new_with_args("controller", "setTimeout(() => controller.abort(), 20)");
    abort.call1(&JsValue::UNDEFINED, &controller).unwrap();
    let never_ends = "return new Response(new ReadableStream({}))";
    let signal = Some(controller.signal());
    let error = pieces(never_ends, signal).await.unwrap_err();
    assert_eq!(error.code(), Code::Aborted);
}

#[wasm_bindgen_test]
async fn w3_a_stream_that_is_dropped_is_cancelled_even_where_that_fails() {
    let way = "return new Response(new ReadableStream({ \
        pull(controller) { controller.enqueue(new Uint8Array(1)); }, \
        cancel() { globalThis.cancelled = true; throw new Error('no'); } }))";
    let custom = Function::new_with_args("request", way);
    let (_, mut body) = Fetch::new(Some(custom), None)
        .open(&get(URL))
        .await
        .unwrap();
    body.next().await.unwrap();
    drop(body);
    PlatformClock::default().sleep(1).await;
    assert_eq!(global("return globalThis.cancelled"), JsValue::TRUE);
}
