#include "render/output.hpp"

#include <csignal>
#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>

#include "base/fd.hpp"
#include "capture.hpp"

using namespace errand;
using namespace errand::render;

TEST_CASE("output: a reader that has gone is told once, and is no error", "[render][output]") {
  std::signal(SIGPIPE, SIG_IGN);
  auto pipe = make_pipe().value();
  int failures = 0;
  Output output(pipe.write_end.get(), [&] { ++failures; });
  pipe.read_end.reset();
  for (int i = 0; i < 3; ++i) {
    output.put("text");
    output.flush();
  }
  CHECK(output.closed());
  CHECK(output.failed());
  CHECK(output.error() == std::nullopt);
  CHECK(failures == 1);
}

TEST_CASE("output: a full disk is a failure that says what to do", "[render][output]") {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full.valid());
  int failures = 0;
  Output output(full.get(), [&] { ++failures; });
  output.put("text");
  CHECK_FALSE(output.failed());
  output.flush();
  REQUIRE(output.error());
  CHECK(output.error()->kind == ErrorKind::failure);
  CHECK(output.error()->message == "can't write the answer: No space left on device");
  CHECK(output.error()->hint == "the disk is full: free some space and try again");
  CHECK_FALSE(output.closed());
  CHECK(failures == 1);
}

TEST_CASE("output: a pipe that does not block loses nothing", "[render][output]") {
  auto pipe = make_pipe().value();
  REQUIRE(::fcntl(pipe.write_end.get(), F_SETFL, O_NONBLOCK) == 0);
  const std::string text(std::size_t{1} << 20U, 'x');
  std::string read;
  {
    const std::jthread reader([&] { read = read_all(pipe.read_end.get(), text.size() * 2).value(); });
    Output output(pipe.write_end.get());
    output.put(text);
    output.flush();
    CHECK_FALSE(output.failed());
    pipe.write_end.reset();
  }
  CHECK(read == text);
}

TEST_CASE("output: what is held goes out when it grows too large", "[render][output]") {
  const test::Capture file;
  Output output(file.fd());
  output.put("held");
  CHECK(output.holds());
  CHECK(file.text().empty());
  output.put(std::string(70'000, 'x'));
  CHECK_FALSE(output.holds());
  CHECK(file.text().size() == 70'004);
}
