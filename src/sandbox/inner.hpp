#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/process.hpp"

namespace errand::sandbox {

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
InnerOrders parse_orders(std::string_view text);

/// One thing an InnerReport is made of; the second stage writes them as they come.
std::string report_line(std::string_view key, std::string_view value);
InnerReport parse_inner_report(std::string_view text);

}  // namespace errand::sandbox
