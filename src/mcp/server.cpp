#include "mcp/server.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "base/try.hpp"

namespace errand::mcp {

using tool::ServerState;
using tool::ServerStatus;

namespace {

constexpr std::chrono::seconds slack{10};  // for a connection that notices its own limit late

}  // namespace

Server::Server(chat::McpServer definition, sandbox::SandboxPolicy policy, const Surroundings& around)
    : definition_(std::move(definition)), policy_(std::move(policy)), around_(around) {
  status_.name = definition_.name;
}

Server::~Server() {
  connector_.request_stop();
}

void Server::begin() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(begun_, true)) return;
  connecting_ = true;
  connector_ = std::jthread([this, attempt = ++attempt_](const std::stop_token& stop) { connect(stop, attempt); });
}

void Server::begin_anew(const std::optional<std::shared_ptr<Client>>& lost) {
  const std::lock_guard one_at_a_time(reconnecting_);
  std::shared_ptr<Client> old;
  std::jthread former;
  {
    const std::lock_guard lock(mutex_);
    if (lost && (connecting_ || client_ != *lost)) return;
    old = std::exchange(client_, nullptr);
    former = std::move(connector_);
    begun_ = true;
    connecting_ = true;  // so that who waits goes on waiting
    stale_ = false;
    ++attempt_;
    status_ = {.name = definition_.name};
  }
  if (old) old->begin_end();  // a call of somebody else's may still hold it
  former.request_stop();
  if (former.joinable()) former.join();
  old.reset();
  const std::lock_guard lock(mutex_);
  connector_ = std::jthread([this, attempt = attempt_](const std::stop_token& stop) { connect(stop, attempt); });
}

Result<ServerStatus> Server::wait(const Call& call) {
  std::shared_ptr<Client> client;
  {
    std::unique_lock lock(mutex_);
    const auto latest = Call::Clock::now() + definition_.timeout + slack;
    changed_.wait_until(lock, call.stop, std::min(call.deadline, latest), [this] { return !connecting_; });
    ERRAND_TRY(call.check());
    if (std::exchange(stale_, false)) client = client_;
  }
  if (client) ERRAND_TRY(list_anew(client, call));
  return status();
}

// A list that could not be had is wanted again.
Result<void> Server::list_anew(const std::shared_ptr<Client>& client, const Call& call) {
  const auto tools = client->tools(call.within(definition_.timeout));
  const std::lock_guard lock(mutex_);
  if (client != client_) return call.check();
  if (tools) {
    use_tools(*tools);
  } else {
    stale_ = true;
  }
  return call.check();
}

ServerStatus Server::status() const {
  const std::lock_guard lock(mutex_);
  auto out = status_;
  if (out.state == ServerState::connected) {
    if (const auto why = client_ ? client_->lost() : std::string("it is not connected"); !why.empty()) {
      out.state = ServerState::failed;
      out.detail = why;
    }
  }
  out.detail = around_.clean(std::move(out.detail));
  return out;
}

void Server::begin_end() {
  std::shared_ptr<Client> client;
  {
    const std::lock_guard lock(mutex_);
    connector_.request_stop();
    client = client_;
  }
  if (client) client->begin_end();
}

// On the connector's thread. What became of it is told before a connection that failed is ended, which takes time.
void Server::connect(const std::stop_token& stop, int attempt) {
  const auto call = Call{.stop = stop}.within(definition_.timeout);
  auto link = open_link();
  if (!link) return fail_with(link.error(), attempt);
  const auto client = std::make_shared<Client>(*std::move(link), around_.version);
  const auto name = client->open(call);
  if (!name) return fail_with(name.error(), attempt);
  const auto tools = client->tools(call);
  if (!tools) return fail_with(tools.error(), attempt);
  const std::lock_guard lock(mutex_);
  if (attempt != attempt_) return;
  client_ = client;
  status_.state = ServerState::connected;
  status_.detail = *name;
  use_tools(*tools);
  connecting_ = false;
  changed_.notify_all();
}

Result<std::unique_ptr<Link>> Server::open_link() {
  if (definition_.old_transport) {
    return fail(ErrorKind::config, "the transport \"sse\" is an old one that is not spoken here",
                "most servers speak http at another address, often /mcp");
  }
  ERRAND_TRY_ASSIGN(auto server, filled_in(definition_, around_.variables));
  const auto heard = [this](std::string_view method) {
    if (method != "notifications/tools/list_changed") return;
    const std::lock_guard lock(mutex_);
    stale_ = true;
  };
  if (!server.command.empty()) {
    server.cwd = server.cwd.empty() ? policy_.workspace : normalize_path(join_path(policy_.workspace, server.cwd));
    return start_program(server, around_.sandbox, policy_, heard);
  }
  auto* const network = around_.network ? around_.network() : nullptr;
  if (network == nullptr) return fail(ErrorKind::unavailable, "there is no network here: this run is a replay");
  return open_http(server, *network, heard);
}

void Server::fail_with(const Error& error, int attempt) {
  const std::lock_guard lock(mutex_);
  if (attempt != attempt_) return;
  status_.state = error.kind == ErrorKind::auth ? ServerState::needs_auth : ServerState::failed;
  status_.detail = error.kind == ErrorKind::timeout
                       ? fmt::format("it did not answer within {}", format_duration(definition_.timeout))
                       : error.message;
  if (!error.hint.empty()) status_.detail += fmt::format(" ({})", error.hint);
  log::info("mcp: {}: {}", definition_.name, status_.detail);
  connecting_ = false;
  changed_.notify_all();
}

// With the lock held.
void Server::use_tools(const std::vector<OfferedTool>& offered) {
  status_.tools.clear();
  status_.left_out.clear();
  for (auto& made : server_tools(*this, offered, status_.left_out)) {
    const auto same = std::ranges::find_if(tools_, [&](const auto& known) { return known->spec() == made->spec(); });
    if (same != tools_.end()) {
      status_.tools.push_back(same->get());
    } else {
      status_.tools.push_back(tools_.emplace_back(std::move(made)).get());
    }
  }
}

// A program that ended, or a session that was forgotten, is begun again once for each call.
Result<std::shared_ptr<Client>> Server::live_client(const Call& call) {
  for (const bool again : {true, false}) {
    ERRAND_TRY(wait(call));
    std::shared_ptr<Client> client;
    {
      const std::lock_guard lock(mutex_);
      client = client_;
    }
    if (client && client->lost().empty()) return client;
    if (again) begin_anew(client);
  }
  return fail(ErrorKind::unavailable, status().detail);
}

tl::unexpected<Error> Server::named(Error error, const Call& call) const {
  if (const auto ended = call.check(); !ended) return fail(ended.error());
  if (error.kind == ErrorKind::timeout) {
    return fail(ErrorKind::timeout, fmt::format("the MCP server \"{}\" did not answer within {}", definition_.name,
                                                format_duration(definition_.timeout)));
  }
  return fail(error.kind == ErrorKind::auth ? ErrorKind::unavailable : error.kind,
              around_.clean(fmt::format("the MCP server \"{}\": {}", definition_.name, error.message)), error.hint);
}

Result<tool::Output> Server::call_tool(const std::string& name, const Json& arguments, const Call& call) {
  for (const bool again : {true, false}) {
    auto client = live_client(call);
    if (!client) return named(std::move(client).error(), call);
    auto output = (*client)->call_tool(name, arguments, call.within(definition_.timeout));
    if (output) return output;
    const bool begins_anew = output.error().retryable && !(*client)->lost().empty();
    if (!begins_anew || !again) return named(std::move(output).error(), call);
  }
  return fail(ErrorKind::internal, "a call to a server was given up");
}

}  // namespace errand::mcp
