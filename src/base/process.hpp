#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"

namespace errand {

enum class OutputStream { standard_output, standard_error };

/// Called on the waiting thread with each piece of output as it arrives; must not block.
using OnOutput = std::function<void(OutputStream, std::string_view)>;

/// One of setrlimit(2)'s limits: RLIMIT_… and its value.
struct ResourceLimit {
  int resource = 0;
  std::uint64_t soft = 0;  ///< what bites; the program may raise it to `hard`
  std::uint64_t hard = 0;
};

/// Sets a limit of this process, never above what it is allowed now. Async-signal-safe; errno is set on failure.
bool set_limit(const ResourceLimit& limit);

/// Whom a program runs as. Only root can be told to become another.
struct Identity {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
};

/// Something to watch while a program runs.
enum class Reaction { go_on, stop_watching, end_program };
struct Watched {
  int fd = -1;                            ///< borrowed
  std::function<Reaction()> on_readable;  ///< on the waiting thread; must empty `fd` when it goes on
};

/// A program to run. Nothing is inherited that is not named here: the environment is `env`.
struct ProcessSpec {
  std::vector<std::string> argv;              ///< argv[0] is an absolute path
  std::vector<std::string> env;               ///< complete, "NAME=value"
  std::string directory;                      ///< empty: ours
  int stdin_fd = -1;                          ///< borrowed; -1: /dev/null
  std::vector<int> keep_fds;                  ///< stay open in the child, at the same numbers
  std::vector<int> groups;                    ///< takes "0" of who enters a control group; done before anything else
  int born_in = -1;                           ///< a version 2 group's directory, to begin in; else it enters `groups`
  std::function<bool()> in_child;             ///< runs there before `identity`; async-signal-safe; false leaves errno
  std::optional<Identity> identity;           ///< whom it runs as, without further groups; absent: as we do
  std::vector<Watched> watched;               ///< what ends it has the end `alarmed`, and is killed at once
  bool merge_stderr = false;                  ///< stderr into stdout's pipe, so that their order is kept
  std::size_t max_output_bytes = 16U << 20U;  ///< past this the process is killed
  std::chrono::milliseconds grace{2000};      ///< between SIGTERM and SIGKILL when the deadline passed
};

enum class ProcessEnd { exited, signalled, timed_out, cancelled, output_limit, alarmed };

struct Finished {
  ProcessEnd end = ProcessEnd::exited;
  int exit_code = 0;  ///< the shell's way: 128 + n when signal n ended it
  std::chrono::milliseconds duration{0};
  std::string note;  ///< what a sandbox has to say of the end, a sentence for a model; empty: nothing
};

/// Runs a program in its own process group and waits for it. It is killed when we die (its own children are not: a
/// sandbox sees to those). Ends with the direct child: output that arrived by then is
/// delivered, what a grandchild may still write is not waited for. On stop or deadline the group gets SIGTERM, then
/// SIGKILL (after a tenth of a second when the user asked to stop); the partial output was delivered by then.
/// Fails only when the program can't be started.
Result<Finished> run_process(const ProcessSpec& spec, const OnOutput& on_output, const Call& call);

}  // namespace errand
