#pragma once

#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "support/e2e_model_server.hpp"
#include "support/e2e_terminal.hpp"
#include "support/e2e_world.hpp"
#include "support/screen.hpp"

namespace errand::test::e2e {

/// A workspace with an agent "helper", and a server with the replies.
class ChatRoom {
 public:
  explicit ChatRoom(const std::string& replies = "[]", std::map<std::string, std::string> files = {}) {
    server_.serve(Protocol::anthropic, Json::parse(replies));
    files.insert({"agents.yaml", helper_agent()});
    world.make_files(files);
  }

  [[nodiscard]] const ModelServer& server() const { return server_; }
  [[nodiscard]] std::map<std::string, std::string> environment(const std::string& term) const {
    auto env = world.environment();
    env["ANTHROPIC_API_KEY"] = test_key;
    env["ANTHROPIC_BASE_URL"] = server_.url();
    env["TERM"] = term;
    return env;
  }

  /// Every request was as expected, and every reply was asked for.
  void check() const {
    for (const auto& failure : server_.failures()) FAIL_CHECK(failure);
    for (const auto& reply : server_.unused()) FAIL_CHECK(reply);
  }

  World world;

 private:
  ModelServer server_;
};

/// With chats on terminals whose bytes are looked at.
class TerminalRoom : public ChatRoom {
 public:
  using ChatRoom::ChatRoom;

  [[nodiscard]] Terminal chat(const std::vector<std::string>& more = {}, const std::string& term = "dumb") const {
    std::vector<std::string> argv = {binary(), "chat", "-a", "helper"};
    argv.insert(argv.end(), more.begin(), more.end());
    return {std::move(argv), environment(term), world.workspace()};
  }
};

/// With chats on screens.
class ScreenRoom : public ChatRoom {
 public:
  using ChatRoom::ChatRoom;

  /// Quiet: the greeting names a directory that is another one each time, and a status what the host can do.
  [[nodiscard]] Screen chat(Screen::Size size = {80, 12}, const std::vector<std::string>& more = {},
                            const std::map<std::string, std::string>& variables = {}) const {
    std::vector<std::string> argv = {binary(), "chat", "-q", "-a", "helper"};
    argv.insert(argv.end(), more.begin(), more.end());
    return on_screen(std::move(argv), size, variables);
  }

  [[nodiscard]] Screen on_screen(std::vector<std::string> argv, Screen::Size size,
                                 const std::map<std::string, std::string>& variables = {}) const {
    auto env = environment("xterm-256color");
    env["XTERM_VERSION"] = "XTerm(379)";  // as the model of the screen does, it cuts rows when it gets narrower
    for (const auto& [name, value] : variables) env[name] = value;
    return {std::move(argv), env, world.workspace(), size};
  }
};

/// Keys, as xterm sends them.
namespace keys {
inline constexpr std::string_view enter = "\r";
inline constexpr std::string_view alt_enter = "\x1b\r";
inline constexpr std::string_view up = "\x1b[A";
inline constexpr std::string_view left = "\x1b[D";
inline constexpr std::string_view ctrl_a = "\x01";
inline constexpr std::string_view ctrl_c = "\x03";
inline constexpr std::string_view ctrl_d = "\x04";
inline constexpr std::string_view ctrl_k = "\x0b";
inline constexpr std::string_view ctrl_r = "\x12";
inline constexpr std::string_view ctrl_s = "\x13";
inline constexpr std::string_view ctrl_u = "\x15";
inline constexpr std::string_view ctrl_w = "\x17";
inline constexpr std::string_view ctrl_y = "\x19";
inline constexpr std::string_view undo = "\x1f";
}  // namespace keys

// What is typed comes to the screen piece by piece: the golden one has time to appear. `look` is Screen::text() or
// Screen::painted().
inline void check_golden(Screen& screen, const std::string& name, const std::function<std::string()>& look) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) screen.wait_for_quiet();
  std::string difference;
  const auto is_golden = [&] {
    difference = differs_from_golden(look(), name);
    return difference.empty();
  };
  CHECK_NOTHROW(screen.wait_until(is_golden, name));
}
inline void check_golden(Screen& screen, const std::string& name) {
  check_golden(screen, name, [&] { return screen.text(); });
}

inline void wait_for_cursor(Screen& screen, Screen::Cursor wanted) {
  screen.wait_until([&] { return screen.cursor() == wanted; },
                    "cursor at " + std::to_string(wanted.row) + "," + std::to_string(wanted.column));
}

// An answer is on the screen before its run has ended: until then Ctrl-C is for the run.
inline void wait_for_prompt(Screen& screen) {
  screen.wait_until([&] { return screen.row(screen.cursor().row) == ">"; }, "prompt");
}

// Ctrl-Z, and the return from it: no shell is there to let the program go on, so that the stop lasts no time.
inline void stop_and_go_on(Screen& screen) {
  constexpr std::string_view takes_terminal = "\x1b[?2004h";
  const auto before = screen.bytes().rfind(takes_terminal);
  screen.type("\x1a");
  screen.wait_until([&] { return screen.bytes().rfind(takes_terminal) != before; }, "a return from the stop");
}

// A key between: close behind one that cancelled, Ctrl-C leaves.
inline void leave(Screen& screen) {
  wait_for_prompt(screen);
  screen.type(keys::ctrl_u);
  screen.type(keys::ctrl_c);
  screen.wait_for("(Ctrl-D leaves)");
  screen.type(keys::ctrl_d);
  CHECK(screen.wait() == Exit{0, 0});
  CHECK(screen.is_cooked());
}

}  // namespace errand::test::e2e
