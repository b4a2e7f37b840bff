#include "repl/subject.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/unicode.hpp"

namespace errand::repl {

namespace {

using Rows = std::vector<std::string>;

// Of what will happen, its beginning, its end and a word of what is between are always seen, and of little room it has
// half.
constexpr std::size_t least_seen = 3;
constexpr std::size_t least_before = 1;

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

// So many of the rows that tell it, without their middle, or all of them with as many of the others, the first ones
// first.
std::vector<bool> kept_of(const Subject& subject, std::size_t count) {
  const auto& telling = subject.telling;
  std::vector<bool> out(subject.what.size(), false);
  const auto last = count <= 1 ? count : (count + 1) / 3;
  for (std::size_t i = 0; i < telling.size(); ++i) {
    if (telling.size() <= count || i < count - last || i >= telling.size() - last) out.at(telling[i]) = true;
  }
  auto left = count - std::min(count, telling.size());
  for (std::size_t i = 0; i < out.size() && left > 0; ++i) {
    if (out[i]) continue;
    out[i] = true;
    --left;
  }
  return out;
}

// One note counts all that is left out, where the first of it was.
void append_telling(Rows& to, const Subject& subject, std::size_t room, std::size_t columns) {
  const auto& all = subject.what;
  if (all.size() <= room) return append(to, all, 0, all.size());
  if (room == 0) return;
  const auto kept = kept_of(subject, room - 1);
  bool noted = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (kept[i]) to.push_back(all[i]);
    if (!kept[i] && !std::exchange(noted, true)) to.push_back(note_of(all.size() - room + 1, all.size(), columns));
  }
}

// What there must be room for. Rows that tell it, and the note of the others, may have all but who wants it.
std::size_t least_of(const Subject& subject, std::size_t room) {
  const auto telling =
      subject.telling.empty() ? 0 : std::min(subject.telling.size() + 1, room - std::min(room, least_before));
  return std::min({subject.what.size(), std::max({least_seen, room / 2, telling}), room});
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
  const auto least = least_of(subject, room);
  const auto before = std::min(subject.before.size(), room - least);
  const auto after = without_heading(subject.after, std::min(subject.after.size(), room - least - before));
  Rows out;
  append(out, subject.before, subject.before.size() - before, subject.before.size());
  const auto seen = room - before - after;
  if (subject.telling.empty())
    append_without_middle(out, subject.what, seen, columns);
  else
    append_telling(out, subject, seen, columns);
  append(out, subject.after, 0, after);
  return out;
}

Subject shown_above(const Subject& subject, std::size_t columns) {
  auto out = subject;
  const auto count = subject.what.size();
  const auto note = fmt::format("  (all {} lines stand above; \"v\" shows them again)", count);
  out.telling.clear();
  out.what = {unicode::width(note) <= columns ? note : std::string("  (all above: v)")};
  return out;
}

}  // namespace errand::repl
