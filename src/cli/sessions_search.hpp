#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "store/search.hpp"

namespace errand::cli {

/// Options that "errand sessions search" has for itself.
struct SearchOptions {
  std::optional<std::string> tool, file, role;
  std::optional<std::chrono::milliseconds> until;
};

void declare_search_options(Options& options, SearchOptions& out);

/// Those it shares with other verbs.
struct SearchScope {
  std::string project;  ///< its root; empty: all
  std::string agent;    ///< empty: all
  std::optional<std::chrono::milliseconds> since;
  int limit = 20;  ///< 0: none
  enum class Format { text, json } format = Format::text;
};

/// "errand sessions search TEXT": hits on stdout, the best first. On a terminal two lines each, on a pipe one, its
/// cells (session, time, agent, role, tool, title, snippet) separated by tabs; the words found are coloured, or stand
/// between
/// "**". Nothing found is said on stderr and is no failure.
Result<int> search_sessions(store::SearchIndex& index, const std::string& text, const SearchOptions& options,
                            const SearchScope& scope, const Globals& globals);

}  // namespace errand::cli
