#include "agent/report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/unicode.hpp"

namespace errand::agent {

namespace {

template <class T>
void add_new(std::vector<T>& to, T one) {
  if (std::ranges::find(to, one) == to.end()) to.push_back(std::move(one));
}

}  // namespace

void ReportBook::note_written(const std::string& absolute_path) {
  notes_.with([&](Notes& notes) { notes.files.insert(unicode::sanitize(absolute_path)); });
}

void ReportBook::note_contact(const sandbox::Contact& contact) {
  const auto host = unicode::sanitize(contact.host);
  const auto refusal = unicode::sanitize(contact.refusal);
  notes_.with([&](Notes& notes) {
    add_new(notes.hosts, {host, contact.port, refusal.empty(), refusal});
    if (!refusal.empty()) add_new(notes.blocked, fmt::format("{}:{}: {}", host, contact.port, refusal));
  });
}

void ReportBook::note_blocked(const std::string& what) {
  notes_.with([&](Notes& notes) { add_new(notes.blocked, unicode::sanitize(what)); });
}

chat::event::RunReport ReportBook::report() const {
  return notes_.with([](const Notes& notes) {
    return chat::event::RunReport{{notes.files.begin(), notes.files.end()}, notes.hosts, notes.blocked};
  });
}

}  // namespace errand::agent
