#include "agent/rewind.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"

namespace errand::agent {

namespace {

constexpr std::size_t min_prefix = 4;

std::set<std::string> live_ids(const store::History& history) {
  std::set<std::string> out;
  for (const auto& message : history.messages) out.insert(message.message_id);
  for (const auto& damaged : history.damaged) out.insert(damaged.message_id);
  return out;
}

// Which message each one follows, by id; empty: none.
std::map<std::string, std::string> predecessors(const std::vector<store::StoredRecord>& records) {
  std::map<std::string, std::string> out;
  std::string newest;
  for (const auto& record : records) {
    if (!record.message_id.empty()) {
      out.insert_or_assign(record.message_id, newest);
      newest = record.message_id;
    } else if (record.type == "rewound") {
      const auto json = chat::parse_json(record.json);
      if (!json || !json->is_object()) continue;
      const auto to = json->find("to");
      if (to == json->end() || to->is_null()) newest.clear();
      if (to != json->end() && to->is_string() && out.contains(to->get<std::string>())) newest = to->get<std::string>();
    }
  }
  return out;
}

// The messages that lead to `last`, that one included.
std::vector<std::string> path_to(std::string last, const std::vector<store::StoredRecord>& records) {
  const auto follows = predecessors(records);
  std::vector<std::string> out;
  while (!last.empty() && out.size() <= records.size()) {
    out.push_back(last);
    const auto found = follows.find(last);
    last = found == follows.end() ? std::string() : found->second;
  }
  std::ranges::reverse(out);
  return out;
}

Rewinding rewinding_to(const Said& said, const std::string& last) {
  Rewinding out;
  const auto now = live_ids(said.history);
  const auto path = path_to(last, said.records);
  const std::set<std::string> then(path.begin(), path.end());
  for (const auto& record : said.records) {
    if (record.message_id.empty()) continue;
    const bool was = now.contains(record.message_id);
    const bool is = then.contains(record.message_id);
    if (was && !is) out.leaving.push_back(record.message_id);
    if (is && !was) out.returning.push_back(record.message_id);
  }
  if (said.history.compaction) {
    const auto before = said.history.compaction->messages_before;
    std::set<std::string> summarised;
    for (std::size_t i = 0; i < std::min(before, said.history.messages.size()); ++i) {
      summarised.insert(said.history.messages[i].message_id);
    }
    // It stays only where something that came after it does.
    out.undoes_compaction = last.empty() || summarised.contains(last) ||
                            !std::ranges::all_of(summarised, [&](const auto& id) { return then.contains(id); });
  }
  const bool moves = !out.leaving.empty() || !out.returning.empty() || out.undoes_compaction;
  if (moves) out.events.push_back({last});
  return out;
}

// A reply keeps the results of its calls.
std::string with_results(const std::vector<store::StoredRecord>& records, const std::string& id) {
  std::string last = id;
  bool within = false;
  for (const auto& record : records) {
    if (record.message_id.empty()) {
      if (within && record.type == "rewound") return last;
      continue;
    }
    if (within && record.type != "tool_result") return last;
    if (record.message_id == id && record.type == "user") return id;
    if (record.message_id == id) within = true;
    if (within) last = record.message_id;
  }
  return last;
}

}  // namespace

Result<std::string> find_message(const std::vector<store::StoredRecord>& records, std::string_view wanted) {
  std::vector<std::string> found;
  for (const auto& record : records) {
    if (record.message_id.empty()) continue;
    if (record.message_id == wanted) return record.message_id;
    if (wanted.size() >= min_prefix && record.message_id.starts_with(wanted)) found.push_back(record.message_id);
  }
  if (found.size() == 1) return found.front();
  const auto shown = text::ellipsize(unicode::sanitize(wanted), 80);
  if (found.empty()) {
    return fail(ErrorKind::failure, fmt::format("the session has no message \"{}\"", shown),
                "\"errand sessions show --json\" has the ids");
  }
  return fail(ErrorKind::failure, fmt::format("\"{}\" is the beginning of {} messages", shown, found.size()),
              "write more of the id");
}

// What a person said: the first user message of each run. Hooks may have said more.
std::vector<SaidPrompt> prompts_in(const Said& said) {
  const auto live = live_ids(said.history);
  std::vector<SaidPrompt> out;
  std::string before;
  std::optional<std::string> run;
  for (const auto& record : said.records) {
    if (record.message_id.empty() || !live.contains(record.message_id)) continue;
    if (record.type == "user" && (record.run.empty() || run != record.run)) {
      out.push_back({record.message_id, before});
      run = record.run;
    }
    before = record.message_id;
  }
  return out;
}

Result<Rewinding> rewind_before_prompt(const Said& said, int nth) {
  const auto prompts = prompts_in(said);
  if (nth < 1 || static_cast<std::size_t>(nth) > prompts.size()) {
    return fail(
        ErrorKind::failure,
        fmt::format("the conversation has {}, and no prompt -{}", text::count_of(prompts.size(), "prompt"), nth),
        "-1 is the newest");
  }
  return rewinding_to(said, prompts[prompts.size() - static_cast<std::size_t>(nth)].before);
}

Result<Rewinding> rewind_to(const Said& said, std::string_view message) {
  ERRAND_TRY_ASSIGN(const auto id, find_message(said.records, message));
  return rewinding_to(said, with_results(said.records, id));
}

Result<Rewinding> undo_compaction(const Said& said) {
  const auto& compaction = said.history.compaction;
  if (!compaction || said.history.messages.empty() || compaction->messages_before == 0) {
    return fail(ErrorKind::failure, "no compaction to undo: every message of the conversation is sent as it was");
  }
  Rewinding out;
  out.undoes_compaction = true;
  // Back to before it, which undoes it, and forward again to where the conversation stood.
  const auto& before = said.history.messages[compaction->messages_before - 1].message_id;
  out.events.push_back({before});
  if (const auto& last = said.history.messages.back().message_id; last != before) out.events.push_back({last});
  return out;
}

}  // namespace errand::agent
