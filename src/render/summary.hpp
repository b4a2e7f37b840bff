#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "chat/event.hpp"
#include "render/options.hpp"

namespace errand::render {

/// Text from elsewhere on one line of at most `columns`: made harmless, line ends and tabs as blanks, the rest as "…".
std::string one_line(std::string_view text, std::size_t columns);
/// The same of any length.
std::string one_line(std::string_view text);

enum class ToolStatus { running, ok, failed };

struct ToolLine {
  ToolStatus status = ToolStatus::ok;
  std::string summary;  ///< "Bash make -s test", as it came
  std::chrono::milliseconds duration{0};
  std::string detail;  ///< why it failed, as it came; its first line is shown
};

/// "✓ Bash make -s test (1.2s)", "✗ Bash make (0.3s): exit code 2", "⋯ Bash make". What does not fit is cut from the
/// detail and the summary, never from status and duration.
std::string tool_line(const ToolLine& line, std::size_t columns, Color color);

/// The line of a finished call.
std::string tool_line(std::string_view summary, const chat::event::ToolResult& result, std::size_t columns,
                      Color color);

/// Whether somebody works at what is in progress.
enum class Work { goes_on, is_over };

/// "☑ done", "▶ doing", "☐ to do", a line each; where work is over, "▷ to do (not finished)" for what was begun.
std::string todo_lines(const chat::event::Todo& todo, std::size_t columns, Color color, Work work = Work::goes_on);

/// "10200 tokens in (93% from the cache), 480 out (120 of them reasoning)".
std::string tokens_line(const chat::Usage& usage);

/// The same of one reply, with what it cost: ", $0.0031" or ", price unknown".
std::string usage_line(const chat::event::UsageEvent& usage);

/// "12 KiB", "1.5 MiB"; below a KiB "312 bytes".
std::string size_text(std::uint64_t bytes);

/// "3 turns, 12s, 10200 tokens in, 480 out, $0.0312".
std::string figures_line(const chat::event::Done& done);

}  // namespace errand::render
