// The allow-list: what a command reaches through the proxy, and that there is no other way.
#include <fmt/format.h>

#include "base/sync.hpp"
#include "contract/sandbox/fixture.hpp"
#include "support/loopback_server.hpp"

using namespace errand;
using test::Confined;

namespace {

// Speaks to the proxy as any HTTP client would, with the shell alone.
std::string ask(const std::string& head) {
  return "exec 3<>/dev/tcp/127.0.0.1/3128 && printf '" + head + "\\r\\n\\r\\n' >&3 && cat <&3";
}

struct Gated : Confined {
  Sync<std::vector<std::string>> contacts;

  std::string reach(const std::string& script) {
    sandbox::Command command;
    command.argv = {"/bin/bash", "-c", script};
    command.cwd = policy.workspace;
    command.on_contact = [this](const sandbox::Contact& contact) {
      contacts.with([&](auto& all) {
        all.push_back(fmt::format("{}:{} {}", contact.host, contact.port, contact.refusal.empty() ? "ok" : "refused"));
      });
    };
    std::string out;
    const auto ran = test::shared_sandbox().run(
        command, policy, [&](OutputStream, std::string_view bytes) { out += bytes; },
        Call{}.within(std::chrono::seconds(60)));
    if (!ran) FAIL(describe(ran.error()));
    return out;
  }
};

}  // namespace

TEST_CASE("gateway: a listed host is reached, another is refused and named, both are told of", "[sandbox][gateway]") {
  if (!test::can_confine()) return;
  test::LoopbackServer server;
  auto reply = test::text_reply(200, "hello from outside", "text/plain");
  reply.ending = test::Reply::Ending::close;
  server.enqueue(reply);
  Gated f;
  f.policy.network = sandbox::NetworkAccess::allowlist;
  f.policy.allowed_domains = {fmt::format("127.0.0.1:{}", server.port())};
  const auto url = fmt::format("http://127.0.0.1:{}/", server.port());
  CHECK(f.reach(ask("GET " + url + " HTTP/1.1\\r\\nHost: 127.0.0.1")).find("hello from outside") != std::string::npos);
  CHECK(f.reach(ask("CONNECT example.com:443 HTTP/1.1")).find("403") != std::string::npos);
  CHECK(f.contacts.with([](auto& all) { return all; }) ==
        std::vector<std::string>{fmt::format("127.0.0.1:{} ok", server.port()), "example.com:443 refused"});
}

TEST_CASE("gateway: without the proxy there is no way, also to a listed host", "[sandbox][gateway]") {
  if (!test::can_confine()) return;
  test::LoopbackServer server;
  Gated f;
  f.policy.network = sandbox::NetworkAccess::allowlist;
  f.policy.allowed_domains = {fmt::format("127.0.0.1:{}", server.port())};
  CHECK(f.reach(fmt::format("(exec 3<>/dev/tcp/127.0.0.1/{}) 2>/dev/null && echo reached || echo refused",
                            server.port())) == "refused\n");
  CHECK(f.reach("echo $HTTPS_PROXY $all_proxy") == "http://127.0.0.1:3128 socks5h://127.0.0.1:3128\n");
}

TEST_CASE("gateway: an entry that is no host is an error before anything runs", "[sandbox][gateway]") {
  if (!test::can_confine()) return;
  Gated f;
  f.policy.network = sandbox::NetworkAccess::allowlist;
  f.policy.allowed_domains = {"exa mple.com"};
  const auto ran = f.try_run("echo ran");
  REQUIRE_FALSE(ran);
  CHECK(ran.error().kind == ErrorKind::config);
}
