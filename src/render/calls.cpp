#include "render/calls.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "render/change_view.hpp"
#include "render/summary.hpp"

namespace errand::render {

namespace event = chat::event;

namespace {

constexpr std::size_t max_diff_lines = 40;
constexpr std::size_t max_diff_lines_verbose = 400;
constexpr std::size_t max_new_file_lines = 8;
constexpr std::size_t max_reason_columns = 500;
// What stands beside a change that is asked about: what is said of it, and the answers. One that is longer than what is
// left of the screen was not seen whole.
constexpr std::size_t rows_beside_asked_change = 15;

// Two agents may number their calls alike.
std::string key_of(std::string_view id, std::string_view agent_path) {
  return fmt::format("{}\n{}", agent_path, id);
}

}  // namespace

void Calls::begun(const event::ToolUse& e, std::string_view agent_path) {
  auto& tool = running_.tools[key_of(e.id, agent_path)];
  tool.summary = e.summary.empty() ? e.name : e.summary;
  tool.agent_path = agent_path;
  tool.running = true;
  tool.since = now();
  if (e.name == "Write") tool.input = e.input;
  if (page_.quiet()) return;
  page_.end_answer_or_thinking_line();
  page_.show_running();
}

// A call that was asked about begins with the answer. The result says what came of it.
void Calls::answered(const event::Approval& e, std::string_view agent_path) {
  const auto tool = running_.tools.find(key_of(e.tool_use_id, agent_path));
  if (tool != running_.tools.end()) {
    tool->second.since = now();
    tool->second.was_allowed_by_person = e.by == "user" && e.decision != "deny";
  }
  if (e.decision != "deny") return;
  refused_by_person_ = e.by == "user";
  if (refused_by_person_) own_refusals_.insert(e.tool_use_id);
}

void Calls::said(const event::ToolOutput& e, std::string_view agent_path) {
  if (!page_.verbose()) return;
  auto& tool = running_.tools[key_of(e.tool_use_id, agent_path)];
  if (!std::exchange(tool.said_something, true)) {
    const auto room = page_.room(place_of(agent_path));
    page_.say(agent_path, tool_line(ToolLine{ToolStatus::running, tool.summary, {}, {}}, room, page_.color()));
  }
  show_output(tool.lines.feed(tool.output.feed(e.text)), agent_path);
}

void Calls::show_output(std::string_view harmless, std::string_view agent_path) {
  for (const auto& line : text::lines(harmless)) page_.say(agent_path, paint("  │ " + line, Tone::dim, page_.color()));
}

void Calls::ended(const event::ToolResult& e, std::string_view agent_path) {
  auto entry = running_.tools.extract(key_of(e.result.call_id, agent_path));
  const auto room = page_.room(place_of(agent_path));
  if (entry.empty()) return page_.say(agent_path, tool_line("", e, room, page_.color()));
  auto& tool = entry.mapped();
  if (page_.verbose() && tool.said_something) {
    show_output(tool.lines.feed(tool.output.finish()) + tool.lines.finish(), agent_path);
  }
  page_.say(agent_path, tool_line(tool.summary, e, room, page_.color()));
  const auto text = chat::text_of(e.result.content);
  if (!show_change(e, tool, agent_path)) {
    if (page_.verbose() && !tool.said_something) show_output(unicode::sanitize(text), agent_path);
    if (!page_.verbose() && !text.empty()) tell_of_output(e, agent_path);
  }
  summaries_[e.result.call_id] = std::move(tool.summary);
}

// What a file tool did to a file, once: who was asked about it has it above the answer. False: the call was none of
// those, or nobody is there to look.
bool Calls::show_change(const event::ToolResult& e, const Tool& tool, std::string_view agent_path) {
  if (e.result.is_error || page_.quiet() || page_.options().err != Medium::terminal) return false;
  const auto text = chat::text_of(e.result.content);
  const auto room = page_.room(place_of(agent_path));
  const auto limit = [&](std::size_t usual) {
    return LineLimit{page_.verbose() ? max_diff_lines_verbose : usual, opens(agent_path)};
  };
  const auto in_lines = [&](std::size_t diff_limit, std::size_t file_limit) -> std::vector<std::string> {
    if (e.name == "Edit") return diff_lines(text, page_.err_theme(), room, limit(diff_limit));
    if (e.name != "Write" || !text.starts_with("created")) return {};
    return new_file_lines(tool.input, page_.err_theme(), room, limit(file_limit));
  };
  const auto lines = in_lines(max_diff_lines, max_new_file_lines);
  if (lines.empty()) return false;
  // Its menu had room for all of it.
  const bool was_asked = tool.was_allowed_by_person && !page_.verbose();
  const auto rows = page_.options().rows;
  if (was_asked && in_lines(rows, rows).size() + rows_beside_asked_change <= rows) return true;
  for (const auto& line : lines) page_.say(agent_path, line);
  return true;
}

// What subagents do is in sessions of their own.
std::string_view Calls::opens(std::string_view agent_path) const {
  return place_of(agent_path).depth == 0 ? std::string_view(page_.options().opens) : std::string_view();
}

// Once: who has seen it knows.
void Calls::tell_of_output(const event::ToolResult& e, std::string_view agent_path) {
  const auto command = opens(agent_path);
  if (command.empty() || own_refusals_.contains(e.result.call_id) || std::exchange(told_of_output_, true)) return;
  page_.note(agent_path, fmt::format("{} shows what a tool printed", command));
}

void Calls::denied(const event::Denial& denial) {
  if (page_.options().reader == Reader::who_answers) return;  // it stands with the call, which they have before them
  const auto known = summaries_.find(denial.tool_use_id);
  const auto what = one_line(known == summaries_.end() ? denial.tool : known->second, page_.options().columns);
  page_.say({}, fmt::format("{} {}: {}", paint("denied:", Tone::warning, page_.color()), what,
                            one_line(denial.reason, max_reason_columns)));
}

void Calls::forget() {
  summaries_.clear();
  own_refusals_.clear();
  refused_by_person_ = false;
}

}  // namespace errand::render
