#include "http/retry.hpp"

#include <thread>

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::http;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

using Wait = std::optional<milliseconds>;

ResponseHead head(int status, std::vector<Header> headers = {}) {
  return {status, std::move(headers)};
}

const Timestamp noon = parse_rfc3339("2026-11-21T12:00:00.000Z").value();

Error broken(bool retryable) {
  Error error{.kind = ErrorKind::unavailable, .message = "it broke"};
  error.retryable = retryable;
  return error;
}

}  // namespace

TEST_CASE("retry: the status and x-should-retry decide whether to ask again", "[http][retry]") {
  struct Case {
    int status;
    bool alone;     // without x-should-retry
    bool on_true;   // with x-should-retry: true
    bool on_false;  // with x-should-retry: false
  };
  const auto c = GENERATE(values<Case>({
      {200, false, false, false},
      {301, false, false, false},
      {400, false, false, false},
      {401, false, false, false},
      {402, false, true, false},
      {403, false, false, false},
      {404, false, false, false},
      {405, false, true, false},
      {408, true, true, false},
      {409, true, true, false},
      {413, false, false, false},
      {422, false, true, false},
      {429, true, true, false},
      {500, true, true, false},
      {502, true, true, false},
      {503, true, true, false},
      {504, true, true, false},
      {529, true, true, false},
  }));
  CAPTURE(c.status);
  CHECK(is_retryable(head(c.status)) == c.alone);
  CHECK(is_retryable(head(c.status, {{"x-should-retry", "true"}})) == c.on_true);
  CHECK(is_retryable(head(c.status, {{"x-should-retry", "false"}})) == c.on_false);
  CHECK(is_retryable(head(c.status, {{"x-should-retry", "perhaps"}})) == c.alone);
}

TEST_CASE("retry: the wait a server asks for", "[http][retry]") {
  struct Case {
    std::vector<Header> headers;
    Wait expected;
  };
  const std::vector<Case> cases = {
      {{{"retry-after-ms", "0"}, {"retry-after", "1"}}, seconds(1)},  // recorded from Azure
      {{{"retry-after-ms", "0"}, {"retry-after", "0"}}, std::nullopt},
      {{{"retry-after-ms", "250"}, {"retry-after", "9"}}, milliseconds(250)},
      {{{"retry-after-ms", "soon"}, {"retry-after", "9"}}, seconds(9)},
      {{{"retry-after", "13"}}, seconds(13)},
      {{{"retry-after", " 0.5 "}}, milliseconds(500)},
      {{{"retry-after", "0.0001"}}, milliseconds(1)},
      {{{"retry-after", "-5"}}, std::nullopt},
      {{{"retry-after", "nan"}}, std::nullopt},
      {{{"retry-after", "inf"}}, std::nullopt},
      {{{"retry-after", "1e3"}}, std::nullopt},
      {{{"retry-after", "5s"}}, std::nullopt},
      {{{"retry-after", ""}}, std::nullopt},
      {{{"retry-after", "99999999999999999999999999"}}, milliseconds(366LL * 24 * 3600 * 1000)},
      {{{"retry-after", "Sat, 21 Nov 2026 12:00:07 GMT"}}, seconds(7)},
      {{{"retry-after", "Saturday, 21-Nov-26 12:01:00 GMT"}}, seconds(60)},
      {{{"retry-after", "Sat Nov 21 12:00:30 2026"}}, seconds(30)},
      {{{"retry-after", "Tue Dec  1 12:00:00 2026"}}, seconds(10 * 24 * 3600)},
      {{{"retry-after", "Sat, 21 Nov 2026 12:00:00 GMT"}}, std::nullopt},  // now
      {{{"retry-after", "Sat, 21 Nov 2026 11:59:00 GMT"}}, std::nullopt},  // past
      {{{"retry-after", "Sat, 31 Feb 2027 12:00:00 GMT"}}, std::nullopt},
      {{{"retry-after", "Sat, 21 Nov 2026 25:00:00 GMT"}}, std::nullopt},
      {{{"retry-after", "Sat, 21 Nov 2026 12:00:07 CET"}}, std::nullopt},
      {{{"retry-after", "Sat, 21 Nov 2026 12:00:07 GMT, later"}}, std::nullopt},
      {{{"retry-after", "Sat, 21 Nov"}}, std::nullopt},
      {{{"retry-after", "tomorrow at noon"}}, std::nullopt},
      {{}, std::nullopt},
  };
  for (const auto& c : cases) {
    INFO((c.headers.empty() ? "no header" : c.headers.back().value));
    CHECK(requested_wait(head(429, c.headers), noon) == c.expected);
  }
}

TEST_CASE("retry: without a wish the wait doubles from half a second to eight, less up to a quarter", "[http][retry]") {
  const RetryPolicy policy;
  const std::vector<std::int64_t> expected = {500, 1000, 2000, 4000, 8000, 8000, 8000};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const int tries = static_cast<int>(i) + 1;
    CAPTURE(tries);
    CHECK(backoff(policy, tries, 0.0).count() == expected[i]);
    CHECK(backoff(policy, tries, 0.5).count() == expected[i] * 7 / 8);
    CHECK(backoff(policy, tries, 1.0).count() == expected[i] * 3 / 4);
  }
  CHECK(backoff(policy, 1'000'000, 0.0) == seconds(8));
}

TEST_CASE("retry: a try follows until the attempts are used up, unless the server wants too long a wait",
          "[http][retry]") {
  const RetryPolicy policy{.attempts = 3};
  CHECK(retry_wait(policy, 1, head(503), noon, 0) == Wait(milliseconds(500)));
  CHECK(retry_wait(policy, 2, head(503), noon, 0) == Wait(milliseconds(1000)));
  CHECK(retry_wait(policy, 3, head(503), noon, 0) == std::nullopt);
  CHECK(retry_wait(policy, 1, head(401), noon, 0) == std::nullopt);
  CHECK(retry_wait(policy, 1, head(429, {{"retry-after", "0"}}), noon, 0) == Wait(milliseconds(500)));
  CHECK(retry_wait(policy, 1, head(429, {{"retry-after", "120"}}), noon, 0.9) == Wait(seconds(120)));
  CHECK(retry_wait(policy, 1, head(429, {{"retry-after", "121"}}), noon, 0) == std::nullopt);

  CHECK(retry_wait(policy, 1, broken(true), 0) == Wait(milliseconds(500)));
  CHECK(retry_wait(policy, 2, broken(true), 0) == Wait(milliseconds(1000)));
  CHECK(retry_wait(policy, 3, broken(true), 0) == std::nullopt);
  CHECK(retry_wait(policy, 1, broken(false), 0) == std::nullopt);
}

TEST_CASE("retry: a wait ends when the user stops, when the deadline passes, or when it is over", "[http][retry]") {
  SECTION("stopped before and during") {
    std::stop_source source;
    const Call call{source.get_token()};
    std::jthread stopper([&] { source.request_stop(); });
    CHECK(wait_for(std::chrono::hours(1), call).error().kind == ErrorKind::cancelled);
    CHECK(wait_for(std::chrono::hours(1), call).error().kind == ErrorKind::cancelled);
  }
  SECTION("out of time") {
    CHECK(wait_for(std::chrono::hours(1), Call().within(milliseconds(5))).error().kind == ErrorKind::timeout);
  }
  SECTION("over") {
    const auto begin = Call::Clock::now();
    CHECK(wait_for(milliseconds(5), Call()));
    CHECK(Call::Clock::now() - begin >= milliseconds(5));
    CHECK(wait_for(milliseconds(0), Call()));
  }
}
