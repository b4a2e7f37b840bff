#include "agent/report.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::agent {

namespace {

std::string brief(const std::string& text) {
  return text::ellipsize(unicode::sanitize(text), ReportBook::max_columns);
}

void add_left_out(std::vector<std::string>& to, std::size_t count, std::string_view one) {
  if (count > 0) to.push_back(fmt::format("{} more, not listed here", text::count_of(count, one)));
}

}  // namespace

bool ReportBook::Listed::takes(const std::string& name) {
  if (names.contains(name)) return false;
  if (names.size() == most) {
    ++left_out;
    return false;
  }
  names.insert(name);
  return true;
}

void ReportBook::note_written(const std::string& absolute_path) {
  notes_.with([&](Notes& notes) { notes.files.takes(unicode::sanitize(absolute_path)); });
}

void ReportBook::note_contact(const sandbox::Contact& contact) {
  const auto host = brief(contact.host);
  const auto refusal = brief(contact.refusal);
  const auto sentence = fmt::format("{}:{}: {}", host, contact.port, refusal);
  notes_.with([&](Notes& notes) {
    if (!(refusal.empty() ? notes.allowed : notes.refused).takes(sentence)) return;
    notes.hosts.push_back({host, contact.port, refusal.empty(), refusal});
    if (!refusal.empty()) notes.blocked.push_back(sentence);
  });
}

void ReportBook::note_blocked(const std::string& what) {
  auto sentence = brief(what);
  notes_.with([&](Notes& notes) {
    if (notes.denied.takes(sentence)) notes.blocked.push_back(std::move(sentence));
  });
}

chat::event::RunReport ReportBook::report() const {
  return notes_.with([](const Notes& notes) {
    chat::event::RunReport out{{notes.files.names.begin(), notes.files.names.end()}, notes.hosts, notes.blocked};
    add_left_out(out.blocked, notes.refused.left_out, "refused contact");
    add_left_out(out.blocked, notes.denied.left_out, "denied call");
    add_left_out(out.blocked, notes.allowed.left_out, "allowed contact");
    add_left_out(out.blocked, notes.files.left_out, "written file");
    return out;
  });
}

}  // namespace errand::agent
