#include "repl/subject.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/unicode.hpp"

namespace errand::repl {

namespace {

using Rows = std::vector<std::string>;

// Of what will happen, its beginning, its end and a word of what is between are always seen, and of little room it has
// half.
constexpr std::size_t least_seen = 3;

void append(Rows& to, const Rows& from, std::size_t begin, std::size_t end) {
  for (auto i = begin; i < end; ++i) to.push_back(from[i]);
}

// The longest of the wordings that fits.
std::string note_of(std::size_t hidden, std::size_t all, std::size_t columns) {
  for (auto& note :
       {fmt::format("  ===== {} lines that count too are not shown here; \"v\" shows all {} =====", hidden, all),
        fmt::format("  == {} more lines; \"v\" shows all ==", hidden)}) {
    if (unicode::width(note) <= columns) return note;
  }
  return fmt::format("  == {} more: v ==", hidden);
}

// A heading without what it is of says nothing.
std::size_t without_heading(const Rows& rows, std::size_t count) {
  if (count == 0 || count == rows.size()) return count;
  return rows[count - 1].ends_with(':') ? count - 1 : count;
}

void append_without_middle(Rows& to, const Rows& all, std::size_t room, std::size_t columns) {
  if (all.size() <= room) return append(to, all, 0, all.size());
  if (room == 0) return;
  const auto seen = room - 1;
  const auto last = seen == 1 ? 1 : (seen + 1) / 3;
  const auto first = seen - last;
  append(to, all, 0, first);
  to.push_back(note_of(all.size() - seen, all.size(), columns));
  append(to, all, all.size() - last, all.size());
}

}  // namespace

std::size_t row_count(const Subject& subject) {
  return subject.before.size() + subject.what.size() + subject.after.size();
}

std::vector<std::string> all_rows(const Subject& subject) {
  auto out = subject.before;
  append(out, subject.what, 0, subject.what.size());
  append(out, subject.after, 0, subject.after.size());
  return out;
}

// Where there is little room, what is said about it goes first.
std::vector<std::string> rows_in(const Subject& subject, std::size_t room, std::size_t columns) {
  if (row_count(subject) <= room) return all_rows(subject);
  const auto least = std::min({subject.what.size(), std::max(least_seen, room / 2), room});
  const auto before = std::min(subject.before.size(), room - least);
  const auto after = without_heading(subject.after, std::min(subject.after.size(), room - least - before));
  Rows out;
  append(out, subject.before, subject.before.size() - before, subject.before.size());
  append_without_middle(out, subject.what, room - before - after, columns);
  append(out, subject.after, 0, after);
  return out;
}

Subject shown_above(const Subject& subject, std::size_t columns) {
  auto out = subject;
  const auto count = subject.what.size();
  const auto note = fmt::format("  (all {} lines stand above; \"v\" shows them again)", count);
  out.what = {unicode::width(note) <= columns ? note : std::string("  (all above: v)")};
  return out;
}

}  // namespace errand::repl
