#include "render/own_command.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace errand::render {

namespace {

// Lines of the beginning and of the end, and those that are shown while it runs.
constexpr std::size_t shown_lines = 30;
constexpr std::size_t first_lines_unseen = 200;  // where the newest are not shown meanwhile
constexpr std::size_t tail_lines = 5;
constexpr std::string_view key = "own command";  // beside the keys of calls

}  // namespace

void OwnCommand::begin(std::string_view command) {
  output_.emplace(page_.shows_running() ? shown_lines : first_lines_unseen, shown_lines);
  page_.running().tools[std::string(key)] = {.summary = std::string(command),
                                             .agent_path = "root",
                                             .input = {},
                                             .running = true,
                                             .since = page_.options().now()};
  page_.show_running();
}

// A pipe takes all of it; on a terminal nobody reads so much.
void OwnCommand::said(std::string_view harmless) {
  if (!output_ || harmless.empty()) return;
  if (page_.options().err != Medium::terminal) return put_whole(lines_.feed(harmless));
  put(output_->feed(harmless));
  if (page_.shows_running()) page_.running().newest_output = newest();
  page_.show_running();
}

void OwnCommand::end(std::string_view left_out) {
  if (!output_) return;
  page_.running().tools.erase(std::string(key));
  page_.running().newest_output.clear();
  put_whole(lines_.finish());
  const auto last = output_->finish();
  if (output_->left_out() > 0)
    note(fmt::format("… {} between: {}", text::count_of(output_->left_out(), "line"), left_out));
  put(last);
  if (output_->left_out() == 0 && output_->has_cut_lines()) note(fmt::format("long lines are cut: {}", left_out));
  output_.reset();
}

std::vector<std::string> OwnCommand::newest() const {
  auto out = output_->newest(tail_lines);
  const auto unseen = output_->not_returned() - out.size();
  if (unseen > 0) out.insert(out.begin(), fmt::format("… {}", text::count_of(unseen, "line")));
  return out;
}

// Also when quiet: it was asked for.
void OwnCommand::put(const std::vector<std::string>& lines) {
  std::string all;
  for (const auto& line : lines) all += line + '\n';
  if (!all.empty()) page_.put_lines(all);
}

void OwnCommand::put_whole(std::string_view lines) {
  if (!lines.empty()) page_.put_lines(lines);
}

void OwnCommand::note(const std::string& text) {
  page_.put_lines(paint(text, Tone::dim, page_.color()) + '\n');
}

}  // namespace errand::render
