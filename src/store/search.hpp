#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace errand::store {

/// Who said a message: the person, the model (its tool calls too), a tool (its result).
enum class SearchRole { user, assistant, tool };

struct SearchQuery {
  /// Words that must all be in a message, in any order and case, with or without diacritics. "…" is a phrase, `word*` a
  /// beginning (of two letters at least, except in scripts without blanks), `-word` and `-"…"` must not be there. Every
  /// other sign is text. A name of several parts (`parse_json_value`, `parseJsonValue`, `src/store/open.cpp`) is found
  /// however its parts are joined, and each of them alone.
  std::string text;
  std::string agent;                      ///< whose session; empty: all, here and below
  std::string project;                    ///< project root, absolute
  std::string tool;                       ///< calls and results of that tool alone
  std::string file;                       ///< in sessions that touched it: an absolute path, or the end of one
  std::optional<SearchRole> role;         ///< nullopt: all
  std::optional<Timestamp> since, until;  ///< when it was said, both included
  int limit = 20;                         ///< 0: as many as were ranked
};

/// A piece of a snippet.
struct SnippetPart {
  enum class Kind { context, hit };
  std::string text;
  Kind kind = Kind::context;
  bool operator==(const SnippetPart&) const = default;
};

/// A message that fits.
struct SearchHit {
  std::string session;
  std::string session_name;  ///< may be empty
  std::string title;         ///< the session's
  std::string agent;         ///< the session's
  std::string project;
  std::string message_id;
  std::int64_t position = 0;  ///< within the session, as StoredRecord::position
  Timestamp time{};
  SearchRole role = SearchRole::user;
  std::string tool;                  ///< whose call or result the snippet is from; empty: none's
  std::vector<SnippetPart> snippet;  ///< the place that holds most of what was asked for, on one line; not sanitized
  bool operator==(const SearchHit&) const = default;
};

struct SearchResult {
  std::vector<SearchHit> hits;              ///< the best first
  std::optional<std::size_t> ranked_among;  ///< set: more messages fit, and only that many, the newest, were compared
  bool operator==(const SearchResult&) const = default;
};

/// Finds what was ever said: prompts, answers, tool calls (name and input) and results, of subagents too, and what was
/// compacted away or rewound; not thinking. Of a long text the first and the last 64 KiB count. What a fork copied is
/// found where it was said first.
class SearchIndex {
 public:
  /// Messages compared by how well they fit; of more, the newest.
  static constexpr std::size_t max_ranked = 20'000;

  virtual ~SearchIndex() = default;

  /// Nothing found is no failure. `usage`: a text without a word that is wanted, too long, or a beginning too short.
  virtual Result<SearchResult> search(const SearchQuery& query) = 0;
};

}  // namespace errand::store
