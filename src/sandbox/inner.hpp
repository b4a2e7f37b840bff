#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/process.hpp"

namespace errand::sandbox {

/// Where the program lies in a sandbox, and the name it knows its second stage by.
inline constexpr std::string_view inner_program = "/.errand-inner";

/// What the second stage is told by the first. Descriptors are those it inherits.
struct InnerOrders {
  std::vector<std::string> writable;  ///< Landlock lets these be changed
  std::vector<ResourceLimit> limits;
  int filter_fd = -1;  ///< the system call filter's program
  int report_fd = -1;  ///< takes an InnerReport
  int proxy_fd = -1;   ///< takes the descriptor of a socket that listens inside, for the proxy; -1: none is made
};

/// Where programs inside find the proxy: this port of 127.0.0.1.
inline constexpr int proxy_port = 3128;

/// What the second stage says before it becomes the command.
struct InnerReport {
  bool ready = false;      ///< everything holds; the command's program was started next
  int landlock_abi = 0;    ///< 0: this kernel has none, and the command runs without it
  std::string failure;     ///< why it could not be made to hold; empty: none
  int cannot_execute = 0;  ///< errno: the command's program could not be started; 0: it was
  bool operator==(const InnerReport&) const = default;
};

std::string to_text(const InnerOrders& orders);
InnerReport parse_inner_report(std::string_view text);

/// To be called first in main(). When this process is the second stage inside a sandbox (its name says so), confines
/// itself as ordered and becomes the command: rlimits, session keyring, capabilities, no_new_privs, Landlock, system
/// call filter, in that order. Returns then only when something failed, with the exit code. Nothing: go on as usual.
std::optional<int> run_inner(int argc, char** argv);

}  // namespace errand::sandbox
