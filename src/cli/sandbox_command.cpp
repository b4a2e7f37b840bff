#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "base/exit_code.hpp"
#include "base/fd.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "cli/command.hpp"
#include "cli/desk.hpp"
#include "cli/output.hpp"

namespace errand::cli {

namespace {

using sandbox::Mechanism;

// As of docker and env: we failed, not the command.
constexpr int exit_not_run = 125;

// Says NAME=VALUE lines of what it finds; without any program but bash.
constexpr const char* probe_script = R"probe(
while IFS=$':\t ' read -r key value rest; do
  case $key in NoNewPrivs|Seccomp|CapEff|CapBnd) echo "$key=$value";; esac
done < /proc/self/status
n=0; for p in /proc/[0-9]*; do n=$((n+1)); done; echo "processes=$n"
interfaces=; while IFS=: read -r name rest; do
  case $rest in *[0-9]*) name=${name// /}; [ "$name" = lo ] || interfaces="$interfaces $name";; esac
done < /proc/net/dev; echo "interfaces=$interfaces"
if (: > /usr/.errand-probe) 2>/dev/null; then echo usr=writable; else echo usr=protected; fi
echo "cpu=$(ulimit -t)"; echo "core=$(ulimit -c)"
if (: > /proc/self/comm) 2>/dev/null; then echo proc=writable; else echo proc=protected; fi
)probe";

std::map<std::string, std::string> values_in(std::string_view output) {
  std::map<std::string, std::string> out;
  for (const auto& line : text::lines(output)) {
    const auto equals = line.find('=');
    if (equals != std::string::npos)
      out[line.substr(0, equals)] = text::trim(std::string_view(line).substr(equals + 1));
  }
  return out;
}

std::vector<Mechanism> mechanisms_seen(std::map<std::string, std::string> seen) {
  constexpr int most_own_processes = 8;
  const auto is_zero = [](const std::string& hex) { return hex.find_first_not_of('0') == std::string::npos; };
  const auto processes = std::atoi(seen["processes"].c_str());
  const auto bound = [&](const char* key) { return !seen[key].empty() && seen[key] != "unlimited"; };
  return {
      {"process namespace", processes > 0 && processes <= most_own_processes,
       fmt::format("a command sees {} processes", processes)},
      {"network namespace", seen.contains("interfaces") && seen["interfaces"].empty(),
       seen["interfaces"].empty() ? "loopback alone" : "a command sees " + seen["interfaces"]},
      {"read-only system", seen["usr"] == "protected", "/usr can't be written to"},
      {"no capabilities", is_zero(seen["CapEff"]) && !seen["CapEff"].empty(), "CapEff " + seen["CapEff"]},
      {"no new privileges", seen["NoNewPrivs"] == "1", "setuid programs gain nothing"},
      {"bounding set", is_zero(seen["CapBnd"]) && !seen["CapBnd"].empty(), "CapBnd " + seen["CapBnd"]},
      {"no core files", seen["core"] == "0", ""},
      {"CPU limit", bound("cpu"), bound("cpu") ? fmt::format("{} s for a process", seen["cpu"]) : "none"},
      {"read-only /proc", seen["proc"] == "protected", ""},
      {"system call filter", seen["Seccomp"] == "2", ""},
  };
}

class SandboxCommand final : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--json", json_, "with check: as JSON");
    declare_desk(options, arguments_);
  }

  Result<int> run(const std::vector<std::string>& words, const Invocation& invocation) override {
    constexpr std::array<std::string, 0> none{};
    const std::vector<std::string> verbs = {"check", "run"};
    if (words.empty()) return fail(ErrorKind::usage, "errand sandbox takes a verb: check, or run -- CMD");
    if (words.front() == "run") return run_command({words.begin() + 1, words.end()}, invocation);
    if (words.front() != "check") return unknown_verb("errand sandbox", words.front(), verbs);
    if (words.size() > 1) return unknown_verb("errand sandbox check", words[1], none);
    return check(invocation);
  }

 private:
  // Our own failures must not look like the command's.
  Result<int> run_command(const std::vector<std::string>& argv, const Invocation& invocation) {
    if (argv.empty()) return fail(ErrorKind::usage, "there is no command to run", "errand sandbox run -- CMD ARG…");
    auto ended = run_inside(argv, invocation);
    if (ended) return ended;
    print_error(ended.error());
    return exit_not_run;
  }

  Result<int> run_inside(const std::vector<std::string>& argv, const Invocation& invocation) {
    ERRAND_TRY_ASSIGN(const auto desk, Desk::open(invocation, arguments_));
    sandbox::Command command;
    command.argv = {"/bin/bash", "-c", R"("$@")", "/bin/bash"};
    command.argv.insert(command.argv.end(), argv.begin(), argv.end());
    command.cwd = desk->tools().cwd();
    command.merge_stderr = false;
    std::stop_source stop;
    const std::stop_callback forward(invocation.signals.begin_run(), [&stop] { stop.request_stop(); });
    bool unheard = false;
    const auto pass_on = [&](OutputStream stream, std::string_view bytes) {
      if (unheard) return;
      const int fd = stream == OutputStream::standard_output ? STDOUT_FILENO : STDERR_FILENO;
      unheard = !write_all(fd, bytes);
      if (unheard) stop.request_stop();
    };
    ERRAND_TRY_ASSIGN(const auto finished,
                      desk->services().sandbox.run(command, desk->tools().sandbox_policy(), pass_on,
                                                   {stop.get_token(), Call::Clock::time_point::max()}));
    if (unheard) return exit_broken_pipe;
    if (finished.end != ProcessEnd::alarmed && !finished.note.empty()) print_note(invocation.globals, finished.note);
    switch (finished.end) {
      case ProcessEnd::output_limit:
        return fail(ErrorKind::limit,
                    fmt::format("the command was stopped: it wrote more than {} MiB", command.max_output_bytes >> 20U));
      case ProcessEnd::alarmed:
        return fail(ErrorKind::denied, finished.note);
      case ProcessEnd::cancelled:
        return invocation.signals.cancelled().value_or(agent::CancelledBy{}).exit_code;
      default:
        return finished.exit_code;
    }
  }

  Result<int> check(const Invocation& invocation) {
    ERRAND_TRY_ASSIGN(const auto desk, Desk::open(invocation, arguments_));
    const auto& box = desk->services().sandbox;
    const auto level = sandbox::level_under(box, desk->tools().sandbox_policy());
    std::vector<Mechanism> mechanisms;
    if (level.name == "bubblewrap") {
      ERRAND_TRY_ASSIGN(mechanisms, probe(*desk, invocation));
      mechanisms.insert(mechanisms.end(), level.mechanisms.begin(), level.mechanisms.end());
    }
    return print(level, mechanisms);
  }

  static Result<std::vector<Mechanism>> probe(Desk& desk, const Invocation& invocation) {
    sandbox::Command command;
    command.argv = {"/bin/bash", "-c", probe_script};
    command.cwd = desk.tools().cwd();
    std::string output;
    const auto keep = [&output](OutputStream, std::string_view bytes) { output += bytes; };
    const Call call{invocation.signals.begin_run(), Call::Clock::time_point::max()};
    ERRAND_TRY(desk.services().sandbox.run(command, desk.tools().sandbox_policy(), keep,
                                           call.within(std::chrono::seconds(10))));
    return mechanisms_seen(values_in(output));
  }

  [[nodiscard]] Result<int> print(const sandbox::Level& level, const std::vector<Mechanism>& mechanisms) const {
    const int code = level.name == "bubblewrap" ? exit_success : exit_code_of(ErrorKind::failure);
    std::string out = fmt::format("{}{}{}\n", level.name, level.why.empty() ? "" : ": ", level.why);
    auto items = Json::array();
    for (const auto& mechanism : mechanisms) {
      items.push_back({{"name", mechanism.name}, {"on", mechanism.on}, {"why", mechanism.why}});
      out += fmt::format("{:<4} {}{}{}\n", mechanism.on ? "on" : "off", mechanism.name,
                         mechanism.why.empty() ? "" : ": ", mechanism.why);
    }
    const auto printed = json_ ? print_json({{"level", level.name}, {"why", level.why}, {"mechanisms", items}})
                               : print_out(unicode::sanitize(out));
    ERRAND_TRY(printed);
    return *printed != exit_success ? *printed : code;
  }

  bool json_ = false;
  RunArguments arguments_;
};

}  // namespace

std::unique_ptr<Command> make_sandbox_command() {
  return std::make_unique<SandboxCommand>();
}

}  // namespace errand::cli
