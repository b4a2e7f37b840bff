#include "render/line.hpp"

#include <utility>

#include "base/graphemes.hpp"
#include "base/unicode.hpp"

namespace errand::render {

namespace {

// Marks that do not begin a line where scripts are written without blanks.
bool closes(std::string_view cluster) {
  for (const std::string_view mark :
       {"、", "。", "，", "．", "）", "」", "』", "】", "》", "〉", "！", "？", "：", "；", "ー"}) {
    if (cluster == mark) return true;
  }
  return false;
}

class Wrapper {
 public:
  explicit Wrapper(std::size_t columns) : columns_(columns < 2 ? 2 : columns) {}

  void add(const Run& run) {
    const std::string_view text = run.text;
    for (std::size_t at = 0; at < text.size();) {
      const auto cluster = unicode::first_cluster(text.substr(at));
      const auto source = run.source == no_source ? no_source : run.source + at;
      add(text.substr(at, cluster.bytes), cluster.columns, run.look, source);
      at += cluster.bytes;
    }
  }

  std::vector<WrappedLine> finish() {
    place_word();
    if (!line_.line.empty()) end_line();
    return std::move(lines_);
  }

 private:
  void add(std::string_view cluster, std::size_t columns, const Look& look, std::size_t source) {
    if (cluster == "\n") {
      place_word();
      return end_line();
    }
    if (cluster == " ") {
      place_word();
      append(gap_, Run{" ", look});
      return;
    }
    const bool wide = columns > 1;
    if ((wide || after_wide_) && !closes(cluster)) place_word();
    after_wide_ = wide;
    if (word_columns_ + columns > columns_) place_word();
    if (word_.empty()) word_source_ = source;
    append(word_, Run{std::string(cluster), look});
    word_columns_ += columns;
  }

  void place_word() {
    after_wide_ = false;
    if (word_.empty()) return;
    const auto gap = line_.line.empty() ? 0 : width(gap_);
    if (!line_.line.empty() && line_columns_ + gap + word_columns_ > columns_) end_line();
    if (line_.line.empty()) {
      line_.source = word_source_;
    } else {
      append(line_.line, gap_);
      line_columns_ += gap;
    }
    append(line_.line, std::exchange(word_, {}));
    line_columns_ += std::exchange(word_columns_, 0);
    gap_.clear();
  }

  void end_line() {
    lines_.push_back(std::exchange(line_, {}));
    line_columns_ = 0;
    gap_.clear();
  }

  std::size_t columns_;
  std::vector<WrappedLine> lines_;
  WrappedLine line_;
  std::size_t line_columns_ = 0;
  Line gap_;
  Line word_;
  std::size_t word_columns_ = 0;
  std::size_t word_source_ = no_source;
  bool after_wide_ = false;
};

void open_link(std::string& out, const std::string& address) {
  out += "\x1b]8;;";
  out += address;
  out += "\x1b\\";
}

}  // namespace

std::size_t width(const Line& line) {
  std::size_t out = 0;
  for (const auto& run : line) out += unicode::width(run.text);
  return out;
}

void append(Line& line, Run run) {
  if (run.text.empty()) return;
  if (!line.empty() && line.back().look == run.look) {
    line.back().text += run.text;
  } else {
    line.push_back(std::move(run));
  }
}

void append(Line& line, const Line& more) {
  for (const auto& run : more) append(line, run);
}

std::string paint(const Line& line, const Theme& theme) {
  std::string out;
  std::string link;
  for (const auto& run : line) {
    if (run.look.link != link) {
      link = run.look.link;
      open_link(out, link);
    }
    out += theme.paint(run.text, run.look.style, run.look.marks);
  }
  if (!link.empty()) open_link(out, {});
  return out;
}

std::vector<WrappedLine> wrap(const Line& text, std::size_t columns) {
  Wrapper wrapper(columns);
  for (const auto& run : text) wrapper.add(run);
  return wrapper.finish();
}

std::vector<Line> cut(const Line& text, std::size_t columns) {
  std::vector<Line> out(1);
  std::size_t used = 0;
  for (const auto& run : text) {
    const std::string_view rest = run.text;
    for (std::size_t at = 0; at < rest.size();) {
      const auto cluster = unicode::first_cluster(rest.substr(at));
      if (used > 0 && used + cluster.columns > columns) {
        out.emplace_back();
        used = 0;
      }
      append(out.back(), Run{std::string(rest.substr(at, cluster.bytes)), run.look});
      used += cluster.columns;
      at += cluster.bytes;
    }
  }
  return out;
}

}  // namespace errand::render
