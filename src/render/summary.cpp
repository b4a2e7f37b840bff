#include "render/summary.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/money.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/unicode.hpp"
#include "chat/message.hpp"

namespace errand::render {

namespace {

// Bytes of a text that can matter for one line of a terminal.
constexpr std::size_t max_line_bytes = 8192;

// A command's status stands in brackets in the last line of its result; of other failures the first line says most.
std::string_view failure_of(std::string_view text) {
  text = text::trim(text);
  const auto last = text.substr(text.rfind('\n') + 1);
  if (last.starts_with('[') && last.ends_with(']')) return last.substr(1, last.size() - 2);
  return text::first_line(text);
}

std::string mark_of(ToolStatus status, Color color) {
  switch (status) {
    case ToolStatus::running:
      return paint("⋯", Tone::dim, color);
    case ToolStatus::ok:
      return paint("✓", Tone::good, color);
    case ToolStatus::failed:
      return paint("✗", Tone::bad, color);
  }
  return {};
}

std::string todo_mark(std::string_view status, Work work, Color color) {
  if (status == "completed") return paint("☑", Tone::good, color);
  if (status != "in_progress") return "☐";
  return work == Work::is_over ? "▷" : paint("▶", Tone::strong, color);
}

}  // namespace

std::string one_line(std::string_view text) {
  auto line = unicode::sanitize(text);
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return std::string(text::trim(line));
}

std::string one_line(std::string_view text, std::size_t columns) {
  return text::ellipsize(one_line(text.substr(0, unicode::char_border_before(text, max_line_bytes))), columns);
}

std::string tool_line(const ToolLine& line, std::size_t columns, Color color) {
  const auto time =
      line.status == ToolStatus::running ? std::string{} : fmt::format(" ({})", format_duration(line.duration));
  const std::size_t taken = 2 + unicode::width(time);  // the mark and its blank
  const auto room = columns > taken ? columns - taken : 1;
  if (line.status != ToolStatus::failed || line.detail.empty()) {
    return fmt::format("{} {}{}", mark_of(line.status, color), one_line(line.summary, room),
                       paint(time, Tone::dim, color));
  }
  // The summary takes at most two thirds, so that the reason can be read.
  const auto summary = one_line(line.summary, std::max<std::size_t>(room * 2 / 3, 1));
  const auto left = room - std::min(room, unicode::width(summary) + 2);
  const auto detail = left == 0 ? std::string{} : fmt::format(": {}", one_line(line.detail, left));
  return fmt::format("{} {}{}{}", mark_of(line.status, color), summary, paint(time, Tone::dim, color), detail);
}

std::string tool_line(std::string_view summary, const chat::event::ToolResult& result, std::size_t columns,
                      Color color) {
  ToolLine line;
  line.status = result.result.is_error ? ToolStatus::failed : ToolStatus::ok;
  line.summary = summary.empty() ? result.name : std::string(summary);
  line.duration = result.duration;
  if (result.result.is_error) line.detail = failure_of(chat::text_of(result.result.content));
  return tool_line(line, columns, color);
}

std::string todo_lines(const chat::event::Todo& todo, std::size_t columns, Color color, Work work) {
  constexpr std::string_view left = " (not finished)";
  std::string out;
  for (const auto& item : todo.items) {
    const bool begun = item.status == "in_progress";
    const bool stays = begun && work == Work::is_over;
    const auto& text = begun && !stays && !item.active_form.empty() ? item.active_form : item.content;
    const auto taken = 2 + (stays ? left.size() : 0);
    out += fmt::format("{} {}{}\n", todo_mark(item.status, work, color),
                       one_line(text, columns > taken ? columns - taken : 1), stays ? left : "");
  }
  return out;
}

std::string tokens_line(const chat::Usage& usage) {
  const auto prompt = usage.input + usage.cache_read + usage.cache_write;
  auto out = fmt::format("{} tokens in", prompt);
  if (usage.cache_read > 0) out += fmt::format(" ({}% from the cache)", usage.cache_read * 100 / prompt);
  out += fmt::format(", {} out", usage.output);
  if (usage.reasoning > 0) out += fmt::format(" ({} of them reasoning)", usage.reasoning);
  return out;
}

std::string usage_line(const chat::event::UsageEvent& usage) {
  return tokens_line(usage.usage) + (usage.cost_usd ? ", " + format_usd(*usage.cost_usd) : ", price unknown");
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t mib = 1U << 20U;
  if (bytes >= mib) return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / static_cast<double>(mib));
  if (bytes >= 1024) return fmt::format("{} KiB", (bytes + 1023) / 1024);
  return text::count_of(bytes, "byte");
}

std::string figures_line(const chat::event::Done& done) {
  auto out = fmt::format("{}, {}, {}", text::count_of(static_cast<std::size_t>(std::max(0, done.num_turns)), "turn"),
                         format_duration(done.duration), tokens_line(done.usage));
  if (done.total_cost_usd) out += ", " + format_usd(*done.total_cost_usd);
  return out;
}

}  // namespace errand::render
