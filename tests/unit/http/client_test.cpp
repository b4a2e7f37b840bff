#include "http/client.hpp"

#include <atomic>
#include <future>
#include <map>
#include <stdexcept>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "support/loopback_server.hpp"

using namespace errand;
using namespace errand::http;
using namespace errand::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// What came of one send().
struct Received {
  Result<ResponseHead> head;
  std::string body;
};

Request post(std::string url, std::string body = "{}") {
  return {.url = std::move(url), .headers = {{"content-type", "application/json"}}, .body = std::move(body)};
}

Received send(Transport& client, const Request& request, const Call& call = {}) {
  std::string body;
  auto head = client.send(
      request,
      [&](const ResponseHead&, std::string_view bytes) -> Result<void> {
        body += bytes;
        return {};
      },
      call);
  return {std::move(head), std::move(body)};
}

std::string host_of(const LoopbackServer& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

// A port nobody listens on: it was given to a server that is gone.
int dead_port() {
  return LoopbackServer().port();
}

Reply stalling(Reply reply) {
  reply.body.push_back(Piece{.bytes = "never sent", .stall = true});
  return reply;
}

Reply with(Reply reply, Reply::Ending ending) {
  reply.ending = ending;
  return reply;
}

Client direct() {
  return Client({.proxy = ""});
}

}  // namespace

TEST_CASE("client: a request arrives as it was given, and the response as it was sent", "[http][client]") {
  LoopbackServer server;
  auto reply = stream_reply({"data: a\n\n", std::string("data: \0\xff\n\n", 10)});
  reply.headers.emplace_back("X-Request-ID", " abc ");
  reply.headers.emplace_back("X-Empty", "");
  server.enqueue(reply);
  auto client = direct();

  Request request = post(server.url("/v1/messages?beta=true"), std::string("{\"a\":\"\xe2\x82\xac\0\"}", 12));
  request.headers.push_back({"x-api-key", "k-1"});
  request.headers.push_back({"x-empty", ""});
  const auto received = send(client, request);

  REQUIRE(received.head);
  CHECK(received.head->status == 200);
  CHECK(received.head->header("content-type") == "text/event-stream");
  CHECK(received.head->header("x-request-id") == "abc");
  CHECK(received.head->header("x-empty") == "");
  CHECK(received.head->header("x-none") == std::nullopt);
  CHECK(received.body == std::string("data: a\n\ndata: \0\xff\n\n", 19));

  const auto sent = server.requests().at(0);
  CHECK(sent.method == "POST");
  CHECK(sent.path == "/v1/messages?beta=true");
  CHECK(sent.body == request.body);
  std::map<std::string, std::string> headers(sent.headers.begin(), sent.headers.end());
  CHECK(headers == std::map<std::string, std::string>{{"Host", host_of(server)},
                                                      {"Accept", "*/*"},
                                                      {"Accept-Encoding", "identity"},
                                                      {"content-type", "application/json"},
                                                      {"x-api-key", "k-1"},
                                                      {"x-empty", ""},
                                                      {"Content-Length", "12"}});
}

TEST_CASE("client: a given address is connected to, whatever the URL's name leads to", "[http][client]") {
  LoopbackServer server([](const ReceivedRequest&) { return text_reply(200, "{}"); });
  // A proxy from the environment must not stand between either.
  Client client({.proxy = "http://127.0.0.1:" + std::to_string(dead_port())});
  auto request = post("http://nowhere.invalid:" + std::to_string(server.port()) + "/x");
  request.address = "127.0.0.1";
  for (int i = 0; i < 2; ++i) {
    const auto received = send(client, request);
    if (!received.head) FAIL(received.head.error().message);
    CHECK(received.body == "{}");
  }
  request.address = "";
  CHECK_FALSE(send(client, request).head);  // no connection was kept for others
  CHECK(server.connections() == 2);
  CHECK(server.requests().at(1).header("host") == "nowhere.invalid:" + std::to_string(server.port()));

  auto other = post(server.url());
  other.address = "127.0.0.9";  // nobody listens there
  const auto received = send(client, other);
  REQUIRE_FALSE(received.head);
  CHECK(received.head.error().message == "can't connect to " + host_of(server) + ": connection refused");
}

TEST_CASE("client: a body that a proxy compressed unasked is decoded as it arrives", "[http][client]") {
  // "data: one\n\n", flushed, and "data: two\n\n", by zlib as gzip.
  const auto one = std::string(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4a\x49\x2c\x49\xb4\x52\xc8\xcf\x4b\xe5\xe2\x02\x00\x00\x00\xff\xff",
      27);
  const auto two = std::string("\x4b\x01\x33\x4b\xca\xf3\xb9\xb8\x00\xa2\x0d\x4a\x3f\x16\x00\x00\x00", 17);
  auto reply = stream_reply({one});
  reply.headers.emplace_back("Content-Encoding", "gzip");
  LoopbackServer server;
  auto client = direct();

  SECTION("whole") {
    reply.body.push_back(Piece{.bytes = two});
    server.enqueue(reply);
    const auto received = send(client, post(server.url()));
    REQUIRE(received.head);
    CHECK(received.body == "data: one\n\ndata: two\n\n");
    CHECK(server.requests().at(0).header("accept-encoding") == "identity");  // compressing may delay a stream
  }
  SECTION("what was flushed is there while the rest is still to come") {
    server.enqueue(stalling(reply));
    std::stop_source stop;
    std::string body;
    const auto head = client.send(post(server.url()),
                                  [&](const ResponseHead&, std::string_view bytes) -> Result<void> {
                                    body += bytes;
                                    stop.request_stop();
                                    return {};
                                  },
                                  {stop.get_token()});
    REQUIRE_FALSE(head);
    CHECK(head.error().kind == ErrorKind::cancelled);
    CHECK(body == "data: one\n\n");
  }
  SECTION("of an error too") {
    reply.status = 401;
    server.enqueue(with(reply, Reply::Ending::close));
    CHECK_FALSE(send(client, post(server.url())).body.find("data: one") == std::string::npos);
  }
}

TEST_CASE("client: methods, and bodies large and absent", "[http][client]") {
  LoopbackServer server([](const ReceivedRequest& request) {
    return text_reply(200, request.method + " " + std::to_string(request.body.size()));
  });
  auto client = direct();
  const std::string large(3U << 20U, 'x');
  struct Case {
    std::string method;
    std::string body;
    std::string expected;
  };
  const std::vector<Case> cases = {{"GET", "", "GET 0"},    {"POST", "", "POST 0"},     {"POST", large, "POST 3145728"},
                                   {"PUT", "abc", "PUT 3"}, {"DELETE", "", "DELETE 0"}, {"GET", "abc", "GET 3"},
                                   {"HEAD", "", ""}};
  for (const auto& c : cases) {
    CAPTURE(c.method, c.body.size());
    Request request{.method = c.method, .url = server.url("/"), .body = c.body};
    const auto received = send(client, request);
    REQUIRE(received.head);
    CHECK(received.body == c.expected);
    CHECK(server.requests().back().header("expect") == std::nullopt);
    CHECK(server.requests().back().header("content-type") == std::nullopt);
  }
}

TEST_CASE("client: requests one after the other share a connection, also after an error status", "[http][client]") {
  LoopbackServer server;
  server.enqueue(stream_reply({"one"}));
  auto overloaded = text_reply(529, R"({"error":{"type":"overloaded_error"}})");
  overloaded.headers.emplace_back("Retry-After", "3");
  server.enqueue(overloaded);
  server.enqueue(text_reply(400, ""));
  server.enqueue(stream_reply({"two"}));
  auto client = direct();

  CHECK(send(client, post(server.url())).body == "one");
  const auto refused = send(client, post(server.url()));
  REQUIRE(refused.head);
  CHECK(refused.head->status == 529);
  CHECK(refused.head->header("retry-after") == "3");
  CHECK(refused.body == R"({"error":{"type":"overloaded_error"}})");
  CHECK(send(client, post(server.url())).head.value().status == 400);
  CHECK(send(client, post(server.url())).body == "two");
  CHECK(server.connections() == 1);
}

TEST_CASE("client: parallel requests from many threads each get their own answer", "[http][client]") {
  LoopbackServer server([](const ReceivedRequest& request) {
    Reply reply = stream_reply({});
    for (int i = 0; i < 50; ++i) reply.body.push_back(Piece{.bytes = request.body});
    return reply;
  });
  auto client = direct();
  client.preload();
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 8; ++i) {
          const std::string body = fmt::format("<{}.{}>", t, i);
          std::string expected;
          for (int n = 0; n < 50; ++n) expected += body;
          const auto received = send(client, post(server.url(), body));
          if (received.head && received.body == expected) ++right;
        }
      });
    }
  }
  CHECK(right == 16 * 8);
  CHECK(server.connections() <= 16);
}

TEST_CASE("client: a stop ends a stalled transfer and its connection", "[http][client]") {
  LoopbackServer server;
  Reply before_head = stream_reply({"never"});
  before_head.head_stall = true;
  server.enqueue(
      GENERATE_COPY(values<Reply>({before_head, stalling(stream_reply({})), stalling(stream_reply({"a"}))})));
  auto client = direct();

  std::stop_source source;
  auto stopper = std::async(std::launch::async, [&] {
    const bool stalled = server.wait_for_stalls(1);
    source.request_stop();
    return stalled;
  });
  const auto received = send(client, post(server.url()), Call{source.get_token()});
  REQUIRE(stopper.get());
  REQUIRE_FALSE(received.head);
  CHECK(received.head.error().kind == ErrorKind::cancelled);
  CHECK(server.wait_for_closed_by_client(1));

  CHECK(send(client, post(server.url()), Call{source.get_token()}).head.error().kind == ErrorKind::cancelled);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("client: the deadline ends a stalled transfer and its connection", "[http][client]") {
  LoopbackServer server;
  server.enqueue(stalling(stream_reply({"a"})));
  auto client = direct();
  const auto received = send(client, post(server.url()), Call().within(milliseconds(150)));
  REQUIRE_FALSE(received.head);
  CHECK(received.head.error().kind == ErrorKind::timeout);
  CHECK(server.wait_for_closed_by_client(1));
}

TEST_CASE("client: a silent server is given up after the idle limit", "[http][client]") {
  LoopbackServer server;
  Reply before_head = stream_reply({"never"});
  before_head.head_stall = true;
  server.enqueue(GENERATE_COPY(values<Reply>({before_head, stalling(stream_reply({"a"}))})));
  auto client = direct();
  Request request = post(server.url());
  request.idle_limit = milliseconds(200);
  const auto received = send(client, request);
  REQUIRE_FALSE(received.head);
  Error expected{.kind = ErrorKind::unavailable, .message = host_of(server) + " sent nothing for 0.2s"};
  expected.retryable = true;
  CHECK(received.head.error().message == expected.message);
  CHECK(received.head.error() == expected);
  CHECK(server.wait_for_closed_by_client(1));
}

TEST_CASE("client: what breaks off is told apart, after what had come was delivered", "[http][client]") {
  struct Case {
    std::string about;
    Reply reply;
    std::string body;
    std::string message;  // after the host
  };
  auto cut = stream_reply({"data: \xe2\x82", "never"});
  cut.cut_after = 7;
  auto lie = text_reply(200, "12345");
  lie.content_length = 9;
  lie.ending = Reply::Ending::close;
  const std::vector<Case> cases = {
      {"no answer", no_reply(), "", "{} closed the connection without an answer"},
      {"a cut character", cut, "data: \xe2", "{} closed the connection in the middle of its answer, after 7 bytes"},
      {"no last chunk", with(stream_reply({"abc"}), Reply::Ending::cut), "abc",
       "{} closed the connection in the middle of its answer, after 3 bytes"},
      {"no body at all", with(stream_reply({}), Reply::Ending::cut), "",
       "{} closed the connection in the middle of its answer"},
      {"less than promised", lie, "12345", "{} closed the connection in the middle of its answer, after 5 bytes"},
      {"a reset before the head", no_reply(Reply::Ending::reset), "",
       "the connection to {} broke off: connection reset by peer"},
  };
  for (const auto& c : cases) {
    INFO(c.about);
    LoopbackServer server;
    server.enqueue(c.reply);
    auto client = direct();
    const auto received = send(client, post(server.url()));
    REQUIRE_FALSE(received.head);
    CHECK(received.head.error().message == fmt::format(fmt::runtime(c.message), host_of(server)));
    CHECK(received.head.error().kind == ErrorKind::unavailable);
    CHECK(received.head.error().retryable);
    CHECK(received.body == c.body);
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("client: a reset in mid-body is a failure, however much had come", "[http][client]") {
  LoopbackServer server;
  server.enqueue(with(stream_reply({"abc"}), Reply::Ending::reset));  // may overtake the body
  auto client = direct();
  const auto received = send(client, post(server.url()));
  REQUIRE_FALSE(received.head);
  CHECK(received.head.error().kind == ErrorKind::unavailable);
  CHECK(received.head.error().retryable);
  CHECK_THAT(received.head.error().message,
             Catch::Contains("broke off") && Catch::EndsWith("connection reset by peer"));
}

TEST_CASE("client: a body may end with its connection where nothing else marks its end", "[http][client]") {
  LoopbackServer server;
  auto reply = text_reply(200, "to the end");
  reply.framing = Reply::Framing::until_close;
  server.enqueue(reply);
  auto client = direct();
  const auto received = send(client, post(server.url()));
  REQUIRE(received.head);
  CHECK(received.body == "to the end");
}

TEST_CASE("client: nobody listens", "[http][client]") {
  const int port = dead_port();
  auto client = direct();
  const auto received = send(client, post(fmt::format("http://user:secret@127.0.0.1:{}/v1?key=hidden", port)));
  Error expected{.kind = ErrorKind::unavailable,
                 .message = fmt::format("can't connect to 127.0.0.1:{}: connection refused", port),
                 .hint = "is the server running? check the address (base_url) and the network"};
  expected.retryable = true;
  REQUIRE_FALSE(received.head);
  CHECK(received.head.error().message == expected.message);
  CHECK(received.head.error() == expected);
}

TEST_CASE("client: a slow reader holds its transfer back, and loses nothing", "[http][client]") {
  constexpr std::size_t pieces = 64;
  constexpr std::size_t piece_bytes = 1U << 20U;
  Reply large = stream_reply({});
  for (std::size_t i = 0; i < pieces; ++i) {
    large.body.push_back(Piece{.bytes = std::string(piece_bytes, static_cast<char>('a' + i % 26))});
  }
  LoopbackServer server(
      [&](const ReceivedRequest& request) { return request.path == "/large" ? large : text_reply(200, "small"); });
  auto client = direct();

  bool first = true;
  std::size_t count = 0;
  std::size_t wrong = 0;
  const auto head = client.send(post(server.url("/large")),
                                [&](const ResponseHead&, std::string_view bytes) -> Result<void> {
                                  if (std::exchange(first, false)) {
                                    CHECK(server.wait_for_blocked_sends(1));
                                    CHECK(server.bytes_sent() < pieces * piece_bytes);
                                    CHECK(send(client, post(server.url("/small"))).body == "small");  // others go on
                                  }
                                  for (const char c : bytes) {
                                    if (c != static_cast<char>('a' + count++ / piece_bytes % 26)) ++wrong;
                                  }
                                  return {};
                                },
                                {});
  REQUIRE(head);
  CHECK(count == pieces * piece_bytes);
  CHECK(wrong == 0);
}

TEST_CASE("client: once there is enough, what never ends is left after the linger", "[http][client]") {
  struct Case {
    std::string about;
    Reply reply;
    std::string body;
  };
  auto usage_follows = stream_reply({"done"});
  usage_follows.body.push_back(Piece{.bytes = "usage", .delay = milliseconds(20)});
  auto chatty = stream_reply({"done"});
  for (int i = 0; i < 3; ++i) chatty.body.push_back(Piece{.bytes = "more", .delay = milliseconds(10)});
  const std::vector<Case> cases = {
      {"the connection stays open", stalling(stream_reply({"done"})), "done"},
      {"the rest comes in time", usage_follows, "doneusage"},
      {"the rest comes, then silence", stalling(chatty), "donemoremoremore"},
      {"it breaks off", with(stream_reply({"done"}), Reply::Ending::cut), "done"},
  };
  for (const auto& c : cases) {
    INFO(c.about);
    LoopbackServer server;
    server.enqueue(c.reply);
    auto client = direct();
    std::string body;
    Request request = post(server.url());
    request.has_enough = [&] { return body.find("done") != std::string::npos; };
    request.linger = milliseconds(1000);
    const auto head = client.send(request,
                                  [&](const ResponseHead&, std::string_view bytes) -> Result<void> {
                                    body += bytes;
                                    return {};
                                  },
                                  {});
    REQUIRE(head);
    CHECK(head->status == 200);
    CHECK(body == c.body);
  }
}

TEST_CASE("client: enough is no excuse for a cancel, and not enough none for silence", "[http][client]") {
  LoopbackServer server;
  server.enqueue(stalling(stream_reply({"a"})));
  auto client = direct();
  Request request = post(server.url());
  SECTION("cancelled in the linger") {
    std::stop_source source;
    request.linger = seconds(100);
    request.has_enough = [&] { return source.request_stop(); };
    CHECK(send(client, request, Call{source.get_token()}).head.error().kind == ErrorKind::cancelled);
  }
  SECTION("the run's time ends in the linger") {
    request.linger = seconds(100);
    request.has_enough = [] { return true; };
    CHECK(send(client, request, Call().within(milliseconds(100))).head.error().kind == ErrorKind::timeout);
  }
  SECTION("it never says so") {
    request.idle_limit = milliseconds(100);
    request.linger = milliseconds(1);
    request.has_enough = [] { return false; };
    CHECK(send(client, request).head.error().message == host_of(server) + " sent nothing for 0.1s");
  }
  CHECK(server.wait_for_closed_by_client(1));
}

TEST_CASE("client: the reader's error or exception ends the transfer", "[http][client]") {
  LoopbackServer server;
  server.enqueue(stalling(stream_reply({"a"})));
  auto client = direct();
  SECTION("error") {
    const auto head = client.send(post(server.url()),
                                  [](const ResponseHead& seen, std::string_view bytes) -> Result<void> {
                                    return fail(ErrorKind::limit, fmt::format("{} {}", seen.status, bytes));
                                  },
                                  {});
    REQUIRE_FALSE(head);
    CHECK(head.error() == Error{.kind = ErrorKind::limit, .message = "200 a"});
  }
  SECTION("exception") {
    const auto throwing = [](const ResponseHead&, std::string_view) -> Result<void> { throw std::runtime_error("x"); };
    CHECK_THROWS_AS(client.send(post(server.url()), throwing, {}), std::runtime_error);
  }
  CHECK(server.wait_for_closed_by_client(1));
}

TEST_CASE("client: a redirect is an answer like any other", "[http][client]") {
  LoopbackServer elsewhere;
  LoopbackServer server;
  auto reply = text_reply(302, "over there");
  reply.headers.emplace_back("Location", elsewhere.url("/steal"));
  server.enqueue(reply);
  auto client = direct();
  const auto received = send(client, post(server.url()));
  REQUIRE(received.head);
  CHECK(received.head->status == 302);
  CHECK(received.body == "over there");
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("client: an endless head is refused", "[http][client]") {
  LoopbackServer server;
  auto reply = text_reply(200, "x");
  for (int i = 0; i < 300; ++i) reply.headers.emplace_back("x-" + std::to_string(i), std::string(1000, 'h'));
  server.enqueue(reply);
  auto client = direct();
  const auto received = send(client, post(server.url()));
  REQUIRE_FALSE(received.head);
  CHECK(received.head.error().kind == ErrorKind::unavailable);
  CHECK(received.head.error().message == fmt::format("the head of {}'s answer exceeds 262144 bytes", host_of(server)));
}

TEST_CASE("client: what is no URL, or no header, is refused without showing its secrets", "[http][client]") {
  auto client = direct();
  const auto refusal = [&](const Request& request) { return send(client, request).head.error(); };
  const std::vector<std::pair<std::string, std::string>> urls = {
      {"ftp://user:pw@files.example.com/x?k=1", "\"ftp://files.example.com/x\" is no URL: "},
      {"file:///etc/passwd", "\"file:///etc/passwd\" is no URL: "},
      {"http://user:pw@/x?k=1", "\"http:///x\" is no URL: "},
      {"http://host:99999/", "\"http://host:99999/\" is no URL: "},
      {"user:pw@api.example.com/v1#f", "\"api.example.com/v1\" is no URL: "},
      {"http://a b/", "\"http://a b/\" is no URL: "},
      {std::string("http://a\0b/", 11), "is no URL: "},
      {"", "\"\" is no URL: "},
  };
  for (const auto& [url, message] : urls) {
    INFO(url);
    const auto error = refusal(post(url));
    CHECK(error.kind == ErrorKind::config);
    CHECK_THAT(error.message, Catch::Contains(message));
    CHECK_THAT(error.message, !Catch::Contains("pw") && !Catch::Contains("k=1"));
  }

  Request request = post("http://127.0.0.1:1/");
  request.headers.push_back({"x-api-key", "sk-secret\r\nx-admin: 1"});
  CHECK(refusal(request) == Error{.kind = ErrorKind::config,
                                  .message = "the value of the header \"x-api-key\" has a line break",
                                  .hint = "check the key or setting it comes from"});
  request.headers.back() = {"x: sk-secret", "1"};
  CHECK(refusal(request).message == "a header's name has 12 bytes that are no name");
  request = post("http://127.0.0.1:1/");
  request.method = "GET / HTTP/1.1\r\nx: y";
  CHECK(refusal(request).kind == ErrorKind::config);
}

TEST_CASE("client: a request's proxy is its own, and its connection no other's", "[http][client]") {
  // Named by the request, since no_proxy of the environment may speak against the client's.
  LoopbackServer first([](const ReceivedRequest& request) { return text_reply(200, "first " + request.path); });
  LoopbackServer second([](const ReceivedRequest& request) { return text_reply(200, "second " + request.path); });
  LoopbackServer server([](const ReceivedRequest& request) { return text_reply(200, "direct " + request.path); });
  const auto with_proxy = [&](std::optional<std::string> proxy) {
    auto request = post(server.url("/v1"));
    request.proxy = std::move(proxy);
    return request;
  };
  auto client = direct();
  for (int i = 0; i < 2; ++i) {
    CHECK(send(client, with_proxy(first.url())).body == "first " + server.url("/v1"));
    CHECK(send(client, with_proxy(second.url())).body == "second " + server.url("/v1"));
    CHECK(send(client, with_proxy("")).body == "direct /v1");
    CHECK(send(client, with_proxy(std::nullopt)).body == "direct /v1");
  }
  CHECK(first.connections() == 1);
  CHECK(second.connections() == 1);
  CHECK(server.connections() == 1);
}

TEST_CASE("client: a proxy is asked, and named when it is to blame", "[http][client]") {
  LoopbackServer proxy;
  SECTION("it passes a request on") {
    proxy.enqueue(text_reply(200, "from the proxy"));
    Client client({.proxy = proxy.url()});
    CHECK(send(client, post("http://api.example.invalid/v1")).body == "from the proxy");
    CHECK(proxy.requests().at(0).path == "http://api.example.invalid/v1");
  }
  SECTION("it refuses a tunnel") {
    proxy.enqueue(text_reply(407, ""));
    Client client({.proxy = proxy.url()});
    const auto error = send(client, post("https://api.example.invalid/v1")).head.error();
    CHECK(error.message == "the proxy refused to connect to api.example.invalid: CONNECT tunnel failed, response 407");
    CHECK_FALSE(error.retryable);
  }
  SECTION("it is dead") {
    const int port = dead_port();
    Client client({.proxy = fmt::format("http://user:secret@127.0.0.1:{}", port)});
    const auto error = send(client, post("http://api.example.invalid/v1")).head.error();
    CHECK(error.message ==
          fmt::format("can't connect to api.example.invalid through the proxy 127.0.0.1:{}: connection refused", port));
    CHECK(error.retryable);
  }
}

TEST_CASE("client: going away ends transfers in flight", "[http][client]") {
  LoopbackServer server([](const ReceivedRequest&) { return stalling(stream_reply({"a"})); });
  auto client = std::make_unique<Client>(ClientOptions{.proxy = ""});
  std::vector<std::future<Received>> sends;
  for (int i = 0; i < 4; ++i) {
    sends.push_back(
        std::async(std::launch::async, [&server, raw = client.get()] { return send(*raw, post(server.url())); }));
  }
  REQUIRE(server.wait_for_stalls(4));
  client.reset();
  for (auto& sent : sends) {
    const auto received = sent.get();
    REQUIRE_FALSE(received.head);
    CHECK(received.head.error().kind == ErrorKind::unavailable);
    CHECK(received.head.error().message == "the HTTP client is closing");
  }
  CHECK(server.wait_for_closed_by_client(4));
}

TEST_CASE("client: unused, only preloaded, or preloaded twice, it goes as it came", "[http][client]") {
  { Client unused; }
  {
    Client preloaded;
    preloaded.preload();
  }
  {
    Client twice;
    twice.preload();
    twice.preload();
  }
  SUCCEED();
}

TEST_CASE("client: certificates are found as the curl program finds them", "[http][client]") {
  using Variables = std::map<std::string, std::string>;
  const auto options = [](const Variables& variables) {
    return ClientOptions::from_environment([&](const char* name) -> const char* {
      const auto found = variables.find(name);
      return found == variables.end() ? nullptr : found->second.c_str();
    });
  };
  struct Case {
    Variables variables;
    std::string file;
    std::string directory;
  };
  const std::vector<Case> cases = {
      {{}, "", ""},
      {{{"SSL_CERT_FILE", "/f"}}, "/f", ""},
      {{{"SSL_CERT_FILE", "/f"}, {"SSL_CERT_DIR", "/d"}}, "/f", "/d"},
      {{{"CURL_CA_BUNDLE", "/b"}, {"SSL_CERT_FILE", "/f"}, {"SSL_CERT_DIR", "/d"}}, "/b", ""},
      {{{"CURL_CA_BUNDLE", ""}, {"SSL_CERT_DIR", "/d"}}, "", "/d"},
  };
  for (const auto& c : cases) {
    CHECK(options(c.variables).ca_file == c.file);
    CHECK(options(c.variables).ca_directory == c.directory);
  }
}
