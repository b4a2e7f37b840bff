#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secrets.hpp"
#include "cli/command.hpp"
#include "cli/sessions_search.hpp"
#include "cli/setup.hpp"
#include "config/configuration.hpp"
#include "store/open.hpp"

namespace errand::cli {

/// Every option that some verb of `errand sessions` has.
struct SessionArguments {
  bool json = false;
  bool all = false;
  bool yes = false;
  bool dry_run = false;
  bool undo_compaction = false;
  bool named = false;
  bool follow = false;
  bool repair = false;
  bool files = false;
  bool force = false;
  std::optional<std::string> project, agent, name, at, format, output;
  std::optional<std::chrono::milliseconds> since, older_than;
  std::optional<std::int64_t> limit, keep_last, lines;
  SearchOptions search;
};

/// What a verb is run with.
struct SessionCall {
  const SessionArguments& options;
  const std::vector<std::string>& words;  ///< behind the verb
  const Invocation& invocation;
};

/// One verb: its row in the table of sessions_verbs.cpp, its file sessions_<name>.cpp.
struct SessionVerb {
  std::string_view name;
  std::string_view words;    ///< what it takes, for its usage: "REF [NAME]"
  std::size_t least = 0;     ///< words it wants
  std::size_t most = 0;      ///< words it takes
  std::string_view options;  ///< those it knows, blanks between: "--json --all"
  Result<int> (*run)(const SessionCall& call);
};

std::span<const SessionVerb> session_verbs();

/// The store of this call, with where it is.
struct SessionDesk {
  config::Configuration config;
  Place place;
  std::unique_ptr<store::Store> store;

  /// The session that `reference` names, within the project as far as that counts.
  [[nodiscard]] Result<store::SessionInfo> find(std::string_view reference) const {
    return store->find(reference, place.workspace);
  }
};
Result<SessionDesk> open_sessions(const SessionCall& call, store::OpenMode mode = store::OpenMode::existing_only);

/// The root of the project that --project names; empty without it.
Result<std::string> project_of(const SessionCall& call, const config::Configuration& config);

/// Asks on the terminal unless --yes was said; `usage` where nobody can be asked, naming `verb`.
Result<bool> is_confirmed(const SessionCall& call, std::string_view verb, const std::string& question);

/// The sessions as a table, as `list` has it.
Result<int> print_session_table(const std::vector<store::SessionInfo>& sessions);

/// What the configuration knows to be secret, with what secrets look like.
void learn_secrets(secrets::Redactor& redactor, const config::Configuration& config);

Result<int> sessions_list(const SessionCall& call);
Result<int> sessions_search(const SessionCall& call);
Result<int> sessions_show(const SessionCall& call);
Result<int> sessions_rename(const SessionCall& call);
Result<int> sessions_fork(const SessionCall& call);
Result<int> sessions_rewind(const SessionCall& call);
Result<int> sessions_delete(const SessionCall& call);
Result<int> sessions_prune(const SessionCall& call);
Result<int> sessions_export(const SessionCall& call);
Result<int> sessions_import(const SessionCall& call);
Result<int> sessions_tail(const SessionCall& call);
Result<int> sessions_fsck(const SessionCall& call);

}  // namespace errand::cli
