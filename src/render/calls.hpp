#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "chat/event.hpp"
#include "render/page.hpp"
#include "render/running.hpp"

namespace errand::render {

/// The calls of a run on its page: a live line while one runs, a lasting one when it has ended, what it changed and
/// (verbose) what it printed. Called with the page's lock held; borrows the page.
class Calls {
 public:
  explicit Calls(Page& page) : page_(page) {}

  void begun(const chat::event::ToolUse& e, std::string_view agent_path);
  void answered(const chat::event::Approval& e, std::string_view agent_path);
  void said(const chat::event::ToolOutput& e, std::string_view agent_path);
  void ended(const chat::event::ToolResult& e, std::string_view agent_path);

  /// Of the end of the run: what was refused in it, for who did not follow it call by call.
  void denied(const chat::event::Denial& denial);
  /// Whether it was a person who refused the call that was refused last.
  [[nodiscard]] bool were_refused_by_person() const { return refused_by_person_; }
  /// The run is over.
  void forget();

 private:
  using Tool = Running::Tool;

  void show_output(std::string_view harmless, std::string_view agent_path);
  bool show_change(const chat::event::ToolResult& e, const Tool& tool, std::string_view agent_path);
  [[nodiscard]] std::string_view opens(std::string_view agent_path) const;
  void tell_of_output(const chat::event::ToolResult& e, std::string_view agent_path);
  [[nodiscard]] Running::Time now() const { return page_.options().now(); }

  Page& page_;
  Running& running_ = page_.running();
  std::map<std::string, std::string> summaries_;  // of finished calls, for the denials among them
  bool refused_by_person_ = false;
  bool told_of_output_ = false;
  std::set<std::string> own_refusals_;  // calls that a person refused
};

}  // namespace errand::render
