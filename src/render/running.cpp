#include "render/running.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "render/summary.hpp"

namespace errand::render {

namespace {

using std::chrono::seconds;

// A reply that comes in bursts is not waited for between those.
constexpr seconds least_silence{5};
constexpr std::size_t max_lines = 5;
constexpr std::size_t max_todo_lines = 6;
constexpr std::size_t max_name_columns = 40;

// " (3s)"; nothing where it has just begun.
std::string passed_between(Running::Time begin, Running::Time now) {
  const auto passed = std::chrono::floor<seconds>(now - begin);
  return passed < seconds{1} ? std::string{} : fmt::format(" ({})", in_seconds(passed));
}

// Most answers are there within a second: no line comes and goes for those.
std::string waiting_line(const Running& running, Running::Time now, Color color) {
  auto since = running.waiting_since;
  if (!since && !running.thinking_since && running.silent_since && now - *running.silent_since >= least_silence)
    since = running.silent_since;
  const auto waited = since ? passed_between(*since, now) : std::string();
  return waited.empty() ? waited : paint("waiting…" + waited, Tone::dim, color);
}

std::string line_of(const Running::Tool& tool, Running::Time now, std::size_t columns, Color color) {
  const auto place = place_of(tool.agent_path);
  const auto time = passed_between(tool.since, now);
  const auto room = room_of(place, columns);
  const auto left = room - std::min(room - 1, time.size() + 1);
  return margin_of(place, color) + tool_line(ToolLine{ToolStatus::running, tool.summary, {}, {}}, left, color) +
         paint(time, Tone::dim, color);
}

// The time left of the soonest wait; why it waits stands above.
std::string wait_line(const std::map<std::string, Running::Wait>& waits, Running::Time now, Color color) {
  const auto by_time = [](const auto& one, const auto& other) { return one.second.until < other.second.until; };
  const auto& soonest = std::min_element(waits.begin(), waits.end(), by_time)->second;
  const auto left = std::max(std::chrono::ceil<seconds>(soonest.until - now), seconds{0});
  return paint(fmt::format("… asking again in {} ({} of {})", in_seconds(left), soonest.attempt, soonest.max_attempts),
               Tone::dim, color);
}

// What is done goes first where there is no room, but for its count.
std::vector<std::string> lines_of(const std::vector<chat::event::TodoItem>& todos, std::size_t columns, Color color) {
  const auto is_done = [](const chat::event::TodoItem& item) { return item.status == "completed"; };
  const auto done = static_cast<std::size_t>(std::ranges::count_if(todos, is_done));
  std::vector<std::string> out;
  if (todos.empty() || done == todos.size()) return out;
  chat::event::Todo shown{todos};
  if (todos.size() > max_todo_lines) {
    std::erase_if(shown.items, is_done);
    if (done > 0) out.push_back(paint(fmt::format("☑ {} done", done), Tone::dim, color));
  }
  const auto room = max_todo_lines - out.size();
  const auto more = shown.items.size() > room ? shown.items.size() - room + 1 : 0;
  if (more > 0) shown.items.resize(room - 1);
  for (auto& line : text::lines(todo_lines(shown, columns, color))) out.push_back(std::move(line));
  if (more > 0) out.push_back(paint(fmt::format("… and {} more to do", more), Tone::dim, color));
  return out;
}

}  // namespace

Place place_of(std::string_view agent_path) {
  const auto slash = agent_path.find('/');
  if (slash == std::string_view::npos) return {};
  return {static_cast<std::size_t>(std::ranges::count(agent_path, '/')), agent_path.substr(slash + 1)};
}

std::string margin_of(const Place& place, Color color) {
  if (place.depth == 0) return {};
  const auto name = fmt::format("[{}]", one_line(place.name, max_name_columns));
  return std::string(place.depth * 2, ' ') + paint(name, Tone::dim, color) + " ";
}

std::size_t room_of(const Place& place, std::size_t columns) {
  const auto taken =
      place.depth == 0 ? 0 : place.depth * 2 + unicode::width(one_line(place.name, max_name_columns)) + 3;
  return columns > taken + 20 ? columns - taken : 20;
}

std::string in_seconds(seconds time) {
  return time < std::chrono::minutes{1} ? fmt::format("{}s", time.count()) : format_duration(time);
}

void Running::clear() {
  tools.clear();
  waits.clear();
  waiting_since.reset();
  silent_since.reset();
  thinking_since.reset();
  newest_output.clear();
  todos.clear();
}

bool Running::has_root_tool() const {
  return std::ranges::any_of(
      tools, [](const auto& entry) { return entry.second.running && place_of(entry.second.agent_path).depth == 0; });
}

std::vector<std::string> Running::lines(Time now, std::size_t columns, Color color) const {
  if (!waits.empty()) return {wait_line(waits, now, color)};
  std::vector<std::string> out;
  for (const auto& line : newest_output) out.push_back(paint(one_line(line, columns - 1), Tone::dim, color));
  const auto above = out.size();
  if (auto waiting = waiting_line(*this, now, color); !waiting.empty()) out.push_back(std::move(waiting));
  if (thinking_since) out.push_back(paint("thinking…" + passed_between(*thinking_since, now), Tone::dim, color));
  std::size_t more = 0;
  for (const auto& [key, tool] : tools) {
    if (!tool.running) continue;
    if (out.size() < above + max_lines) {
      out.push_back(line_of(tool, now, columns, color));
    } else {
      ++more;
    }
  }
  if (more > 0) out.push_back(paint(fmt::format("… and {} more", more), Tone::dim, color));
  for (auto& line : lines_of(todos, columns - 1, color)) out.push_back(std::move(line));
  return out;
}

}  // namespace errand::render
