#include "tool/markdown_writer.hpp"

#include <utility>

#include "base/text.hpp"

namespace errand::tool {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

}  // namespace

void MarkdownWriter::begin_line() {
  if (pending_ == Break::none && !at_line_start_) return;
  if (!out_.empty() && pending_ != Break::none) {
    out_ += '\n';
    if (pending_ == Break::block) {
      out_ += text::trim_end(break_prefix_);
      out_ += '\n';
    }
  }
  out_ += marked_ ? first_prefix_ : prefix_;
  marked_ = false;
  pending_ = Break::none;
  at_line_start_ = false;
  space_ = false;
}

void MarkdownWriter::text(std::string_view words) {
  while (!words.empty()) {
    std::size_t end = 0;
    if (is_space(words.front())) {
      while (end < words.size() && is_space(words[end])) ++end;
      space_ = true;
    } else {
      while (end < words.size() && !is_space(words[end])) ++end;
      token(words.substr(0, end));
    }
    words.remove_prefix(end);
  }
}

void MarkdownWriter::token(std::string_view piece) {
  begin_line();
  if (std::exchange(space_, false)) out_ += ' ';
  out_ += piece;
}

void MarkdownWriter::line_break() {
  if (pending_ == Break::none && !at_line_start_) pending_ = Break::line;
}

void MarkdownWriter::block_break() {
  if (at_line_start_ || marked_ || pending_ == Break::block) return;  // a mark has its words beside it
  pending_ = Break::block;
  break_prefix_ = prefix_;
}

void MarkdownWriter::tighten() {
  if (pending_ == Break::block) pending_ = Break::line;
}

void MarkdownWriter::verbatim(std::string_view lines) {
  for (const auto& line : text::lines(lines)) {
    begin_line();
    out_ += line;
    pending_ = Break::line;
  }
}

MarkdownWriter::Place MarkdownWriter::enter(std::string_view first, std::string_view others) {
  Place place{prefix_, marked_};
  first_prefix_ = (marked_ ? first_prefix_ : prefix_) + std::string(first);
  marked_ = true;
  prefix_ += others;
  return place;
}

void MarkdownWriter::leave(Place place) {
  prefix_ = std::move(place.prefix);
  if (break_prefix_.size() > prefix_.size()) break_prefix_ = prefix_;
  marked_ = false;  // of a list's item that was empty nothing is shown
}

std::string MarkdownWriter::finish() {
  if (!out_.empty()) out_ += '\n';
  return std::exchange(out_, {});
}

}  // namespace errand::tool
