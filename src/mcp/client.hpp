#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mcp/link.hpp"
#include "tool/tool.hpp"

namespace errand::mcp {

/// A tool as its server describes it. What it says of itself is a hint, and hostile.
struct OfferedTool {
  std::string name;
  std::string description;
  Json input_schema;
  bool reads_only = false;  ///< it says so
};

/// The Model Context Protocol over a Link, revisions 2024-11-05 to 2025-11-25. Safe to call from several threads at
/// once once open() has succeeded. Errors as Link::ask().
class Client {
 public:
  Client(std::unique_ptr<Link> link, std::string own_version)
      : link_(std::move(link)), own_version_(std::move(own_version)) {}

  /// The handshake. Returns what the server calls itself, "files 1.2". `unavailable` when no revision is common.
  Result<std::string> open(const Call& call);

  /// All pages; none where the server has no tools.
  Result<std::vector<OfferedTool>> tools(const Call& call);

  /// Its own failures are an Output with is_error.
  Result<tool::Output> call_tool(const std::string& name, const Json& arguments, const Call& call);

  [[nodiscard]] std::string lost() const { return link_->lost(); }
  void begin_end() { link_->begin_end(); }

 private:
  std::unique_ptr<Link> link_;
  std::string own_version_;
  bool has_tools_ = false;
};

}  // namespace errand::mcp
