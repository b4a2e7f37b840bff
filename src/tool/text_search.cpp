#include "tool/text_search.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>
#include <unistd.h>

#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "tool/file_kind.hpp"

namespace errand::tool {

namespace {

constexpr std::size_t chunk_bytes = 1U << 20U;

// A line longer than this is searched in parts.
constexpr std::size_t max_line_bytes = 16U << 20U;

// Shown of a long line before its match.
constexpr std::size_t bytes_before_match = 100;

constexpr std::int64_t pattern_memory_bytes = 16 << 20;
constexpr std::size_t npos = std::string_view::npos;

RE2::Options options_of(const SearchSpec& spec) {
  RE2::Options out(RE2::Quiet);
  out.set_case_sensitive(spec.letters == SearchCase::sensitive);
  out.set_never_nl(spec.span == SearchSpan::line);
  out.set_dot_nl(spec.span == SearchSpan::multiline);
  out.set_max_mem(pattern_memory_bytes);
  return out;
}

// Memory that is not cleared before it is read into.
class Buffer {
 public:
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void clear() { size_ = 0; }

  void drop_front(std::size_t n) {
    std::memmove(data_.get(), data_.get() + n, size_ - n);
    size_ -= n;
  }

  void assign(std::string_view bytes) {
    size_ = 0;
    reserve(bytes.size());
    std::memcpy(data_.get(), bytes.data(), bytes.size());
    size_ = bytes.size();
  }

  // Reads up to `n` bytes more; fewer only at the end of the file. False when it can't be read.
  bool read_more(int fd, std::size_t n, bool& at_end) {
    reserve(size_ + n);
    for (std::size_t wanted = n; wanted > 0;) {
      const auto got = ::read(fd, data_.get() + size_, wanted);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return false;
      size_ += static_cast<std::size_t>(got);
      at_end = static_cast<std::size_t>(got) < wanted;  // of a regular file
      if (at_end) return true;
      wanted -= static_cast<std::size_t>(got);
    }
    return true;
  }

  // Gives back what a giant file took.
  void shrink() {
    if (capacity_ <= 4 * chunk_bytes) return;
    data_.reset();
    capacity_ = size_ = 0;
  }

 private:
  void reserve(std::size_t n) {
    if (n <= capacity_) return;
    const auto capacity = std::max(n, capacity_ * 2);
    auto data = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
    data_ = std::move(data);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t line_begin(std::string_view text, std::size_t at) {
  if (at == 0) return 0;
  const auto newline = text.rfind('\n', at - 1);
  return newline == npos ? 0 : newline + 1;
}

// The index of the line's '\n', or the end of the text.
std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// At most max_shown_line_bytes of a line, around `match`.
std::string cut_line(std::string_view line, std::size_t match) {
  if (line.size() <= TextSearch::max_shown_line_bytes) return unicode::sanitize(line);
  std::size_t from = match > 2 * bytes_before_match ? match - bytes_before_match : 0;
  from = unicode::char_border_before(line, std::min(from, line.size()));
  const auto to = unicode::char_border_before(line, from + TextSearch::max_shown_line_bytes);
  return fmt::format("{}{}{}", from > 0 ? "[…]" : "", unicode::sanitize(line.substr(from, to - from)),
                     to < line.size() ? "[…]" : "");
}

// Writes the matching lines of one file with their context. Offsets are of the file.
class Writer {
 public:
  Writer(const SearchSpec& spec, std::string_view label, FileHits& hits) : spec_(spec), label_(label), hits_(hits) {}

  // The window of the file that is in memory.
  void set_window(std::string_view text, std::uint64_t at) {
    text_ = text;
    window_at_ = at;
  }

  // The lines text[begin, end) match; `match` is where.
  void matched(std::size_t begin, std::size_t end, std::size_t match) {
    write_context_after(begin);
    auto from = begin;
    for (std::size_t i = 0; i < spec_.before && from > first_unwritten(); ++i) from = line_begin(text_, from - 1);
    from = std::max(from, first_unwritten());
    if (hits_.lines > 0 && (spec_.before > 0 || spec_.after > 0) && window_at_ + from > written_to_) add("--\n");
    write_lines(from, begin, '-', 0);
    write_lines(begin, end, ':', match - begin);
    after_left_ = spec_.after;
  }

  // Context that follows the last match, up to `end`.
  void write_context_after(std::size_t end) {
    auto from = first_unwritten();
    for (; after_left_ > 0 && from < end; --after_left_) {
      const auto next = std::min(line_end(text_, from) + 1, end);
      write_lines(from, next, '-', 0);
      from = next;
    }
  }

  // How much of the window's front, searched up to `end`, can go: all but what may still be context before a match.
  std::size_t disposable(std::size_t end) {
    auto from = end;
    for (std::size_t i = 0; i < spec_.before && from > first_unwritten(); ++i) from = line_begin(text_, from - 1);
    if (spec_.line_numbers) number_of(from);
    return from;
  }

  [[nodiscard]] bool full() const {
    return (spec_.max_lines > 0 && hits_.lines >= spec_.max_lines) || hits_.text.size() >= TextSearch::max_text_bytes;
  }

 private:
  [[nodiscard]] std::size_t first_unwritten() const {
    return written_to_ > window_at_ ? static_cast<std::size_t>(written_to_ - window_at_) : 0;
  }

  void write_lines(std::size_t begin, std::size_t end, char mark, std::size_t match) {
    while (begin < end && !full()) {
      const auto stop = line_end(text_, begin);
      const auto line = without_return(text_.substr(begin, stop - begin));
      add(label_);
      hits_.text += mark;
      if (spec_.line_numbers) hits_.text += fmt::format("{}{}", number_of(begin), mark);
      hits_.text += cut_line(line, match);
      hits_.text += '\n';
      begin = std::min(stop + 1, text_.size());
      match = 0;
      written_to_ = window_at_ + begin;
    }
  }

  void add(std::string_view line) {
    hits_.text += line;
    ++hits_.lines;
  }

  // Lines are asked for in order, so each newline is counted once.
  std::uint64_t number_of(std::size_t at) {
    const auto counted = static_cast<std::size_t>(counted_to_ - window_at_);
    number_ += static_cast<std::uint64_t>(std::ranges::count(text_.substr(counted, at - counted), '\n'));
    counted_to_ = window_at_ + at;
    return number_;
  }

  const SearchSpec& spec_;
  std::string_view label_;
  FileHits& hits_;
  std::string_view text_;
  std::uint64_t window_at_ = 0;   // where text_ begins in the file
  std::uint64_t written_to_ = 0;  // everything before was written, or is too far away to be
  std::uint64_t counted_to_ = 0;
  std::uint64_t number_ = 1;  // of the line at counted_to_
  std::size_t after_left_ = 0;
};

}  // namespace

struct TextSearch::State {
  explicit State(const SearchSpec& s)
      : spec(s),
        // ^ and $ are lines' ends, as in every grep.
        regex("(?m)" + s.pattern, options_of(s)),
        required(s.letters == SearchCase::sensitive && s.span == SearchSpan::line ? required_text(s.pattern) : ""),
        literal(!required.empty() && required == s.pattern) {}

  SearchSpec spec;
  RE2 regex;
  std::string required;
  bool literal;  // the pattern is nothing but `required`
  Buffer buffer;

  [[nodiscard]] std::optional<Match> match_between(std::string_view text, std::size_t from, std::size_t to) const {
    re2::StringPiece found;
    const re2::StringPiece whole(text.data(), text.size());
    if (!regex.Match(whole, from, to, RE2::UNANCHORED, &found, 1)) return std::nullopt;
    const auto begin = static_cast<std::size_t>(found.data() - text.data());
    return Match{begin, begin + found.size()};
  }

  // The first match at or behind `from` in text[0, to).
  [[nodiscard]] std::optional<Match> find(std::string_view text, std::size_t from, std::size_t to) const {
    if (required.empty()) return match_between(text, from, to);
    while (from < to) {
      const auto* const hit =
          static_cast<const char*>(::memmem(text.data() + from, to - from, required.data(), required.size()));
      if (hit == nullptr) return std::nullopt;
      const auto at = static_cast<std::size_t>(hit - text.data());
      if (literal) return Match{at, at + required.size()};
      const auto end = line_end(text.substr(0, to), at);
      if (const auto match = match_between(text, std::max(from, line_begin(text, at)), end)) return match;
      from = end + 1;
    }
    return std::nullopt;
  }

  enum class Next { go_on, stop };

  // Searches the lines text[from, to) of the window.
  Next search_window(std::string_view text, std::size_t from, std::size_t to, Writer& writer, FileHits& hits) const {
    while (from < to) {
      const auto match = find(text, from, to);
      const bool behind_last_line = match && match->begin == to && text[to - 1] == '\n';
      if (!match || behind_last_line) return Next::go_on;
      ++hits.matches;
      if (spec.output == SearchOutput::files) return Next::stop;
      const auto begin = std::max(from, line_begin(text, match->begin));
      const auto last = match->end > match->begin ? match->end - 1 : match->begin;
      const auto end = std::min(line_end(text, last) + 1, to);
      if (spec.output == SearchOutput::content) {
        writer.matched(begin, end, match->begin);
        hits.cut = writer.full();
        if (hits.cut) return Next::stop;
      }
      from = end;
    }
    return Next::go_on;
  }

  enum class Loaded { window, whole, nothing };

  // The first piece of the file, or all of it where that is needed.
  Loaded load_first(int fd, bool& at_end) {
    buffer.clear();
    if (!buffer.read_more(fd, chunk_bytes, at_end)) return Loaded::nothing;
    const auto form = kind_of(buffer.view()).form;
    const bool utf16 = form == FileForm::utf16_little || form == FileForm::utf16_big;
    if (form == FileForm::binary || form == FileForm::image || form == FileForm::pdf) return Loaded::nothing;
    if (!utf16 && spec.span == SearchSpan::line) return Loaded::window;
    while (!at_end) {
      if (buffer.size() > TextSearch::max_whole_bytes || !buffer.read_more(fd, chunk_bytes, at_end))
        return Loaded::nothing;
    }
    if (utf16) {
      Utf16Decoder decoder(form);
      const auto decoded = decoder.feed(buffer.view()) + decoder.finish();
      buffer.assign(decoded);
    }
    return Loaded::whole;
  }

  Result<FileHits> search(int fd, std::string_view label, const Call& call) {
    FileHits hits;
    Writer writer(spec, label, hits);
    bool at_end = false;
    if (load_first(fd, at_end) == Loaded::nothing) return hits;
    std::uint64_t window_at = 0;
    std::size_t searched = 0;
    std::size_t checked = 0;
    while (true) {
      const auto text = buffer.view();
      if (text.find('\0', checked) != npos) return checked == 0 ? FileHits{} : hits;
      checked = text.size();
      const auto last_newline = text.rfind('\n');
      const bool all = at_end || text.size() > max_line_bytes;
      const auto to = all ? text.size() : last_newline == npos ? 0 : last_newline + 1;
      if (to > searched) {
        writer.set_window(text, window_at);
        if (search_window(text, searched, to, writer, hits) == Next::stop) return hits;
        writer.write_context_after(to);
        if (at_end) return hits;
        const auto drop = writer.disposable(to);
        buffer.drop_front(drop);
        window_at += drop;
        searched = to - drop;
        checked -= drop;
      }
      if (at_end) return hits;
      ERRAND_TRY(call.check());
      if (!buffer.read_more(fd, chunk_bytes, at_end)) return hits;
    }
  }
};

TextSearch::TextSearch(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextSearch::TextSearch(TextSearch&&) noexcept = default;
TextSearch& TextSearch::operator=(TextSearch&&) noexcept = default;
TextSearch::~TextSearch() = default;

Result<TextSearch> TextSearch::make(const SearchSpec& spec) {
  auto state = std::make_unique<State>(spec);
  if (state->regex.ok()) return TextSearch(std::move(state));
  const RE2 plain(spec.pattern, options_of(spec));  // whose error does not show what we put before the pattern
  auto message = fmt::format("the pattern \"{}\" is not valid: {}", text::ellipsize(spec.pattern, 80), plain.error());
  const bool perl_only = spec.pattern.find("(?=") != npos || spec.pattern.find("(?!") != npos ||
                         spec.pattern.find("(?<") != npos || plain.error_code() == RE2::ErrorBadEscape;
  if (perl_only) message += "; this is RE2, which has no look-around and no back-references";
  return fail(ErrorKind::failure, std::move(message));
}

Result<FileHits> TextSearch::search(int fd, std::string_view label, const Call& call) {
  auto hits = state_->search(fd, label, call);
  state_->buffer.shrink();
  return hits;
}

}  // namespace errand::tool
