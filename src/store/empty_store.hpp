#pragma once

#include "store/store.hpp"

namespace errand::store {

/// Stands for a store that is not there, where nothing is to be made: lists nothing, finds nothing, and refuses to keep
/// anything with ErrorKind::storage.
class EmptyStore final : public Store {
 public:
  explicit EmptyStore(std::string path) : path_(std::move(path)) {}

  Result<SessionInfo> create(const NewSession&) override { return refused(); }
  Result<SessionInfo> find(std::string_view reference, std::string_view project) override;
  Result<std::vector<SessionInfo>> list(const SessionQuery&) override { return std::vector<SessionInfo>{}; }
  Result<void> change(std::string_view session, const SessionChange&) override;
  Result<SessionInfo> fork(std::string_view session, std::string_view name) override;
  Result<std::unique_ptr<Lease>> lease(std::string_view session) override;
  Result<void> begin_run(const RunStart&, const std::vector<Lasting>&) override { return refused(); }
  Result<void> append(std::string_view, const std::vector<Lasting>&, const Totals&) override { return refused(); }
  Result<void> end_run(const RunEnd&, const std::vector<Lasting>&) override { return refused(); }
  Result<void> amend_run(std::string_view, int, std::string_view) override { return refused(); }
  Result<History> read_history(std::string_view session) override;
  Result<std::vector<StoredRecord>> records(std::string_view session) override;
  Result<std::string> files_directory(std::string_view) override { return refused(); }
  Result<SearchResult> search(const SearchQuery& query) override;

  Result<std::int64_t> keep_absent(std::string_view, std::string_view, std::string_view) override { return refused(); }
  Result<std::int64_t> keep_content(std::string_view, std::string_view, std::string_view, std::string_view,
                                    std::int64_t) override {
    return refused();
  }
  Result<void> note_after(std::int64_t, std::string_view) override { return refused(); }
  Result<std::vector<Snapshot>> snapshots(std::string_view session, std::int64_t position) override;
  Result<std::string> snapshot_content(std::string_view session, std::string_view hash) override;

  Result<WholeSession> read_whole(std::string_view session) override { return none(session); }
  Result<std::vector<StoredRecord>> records_after(std::string_view session, std::int64_t) override {
    return none(session);
  }
  Result<std::int64_t> change_count() override { return std::int64_t{0}; }
  Result<std::vector<std::string>> family(std::string_view session) override { return none(session); }
  Result<SessionInfo> fork_at(std::string_view session, std::string_view, std::string_view) override {
    return none(session);
  }
  Result<SessionInfo> import_session(const WholeSession&) override { return refused(); }
  Result<Removed> remove(const std::vector<std::string>& sessions, SessionFiles) override;
  Result<Removed> remove_archived(const std::vector<SeenSession>& family, const StaleQuery&) override {
    return none(family.empty() ? std::string_view() : std::string_view(family.front().id));
  }
  Result<std::vector<SessionInfo>> stale(const StaleQuery&) override { return std::vector<SessionInfo>{}; }
  Result<std::string> archive_directory() override { return refused(); }
  Result<std::vector<KeptFile>> kept_files(std::string_view) override { return std::vector<KeptFile>{}; }

  Result<std::vector<RunInfo>> list_runs(const RunQuery&) override { return std::vector<RunInfo>{}; }
  Result<RunInfo> find_run(std::string_view reference) override;
  Result<std::vector<StoredRecord>> records_of(const RunInfo& run, std::int64_t after) override;
  Result<std::vector<UsageGroup>> usage(const UsageQuery&) override { return std::vector<UsageGroup>{}; }
  Result<Reservation> reserve(const Charge&) override { return refused(); }
  Result<void> settle(std::int64_t, const Spending&) override { return refused(); }
  Result<void> release(std::int64_t) override { return refused(); }
  Result<std::unique_ptr<Lease>> lock(std::string_view) override { return refused(); }

 private:
  [[nodiscard]] static tl::unexpected<Error> none(std::string_view session);

  [[nodiscard]] tl::unexpected<Error> refused() const;

  std::string path_;
};

}  // namespace errand::store
