#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "contract/store/samples.hpp"
#include "store/open.hpp"
#include "support/temp_dir.hpp"

namespace errand::test {

struct StoreKind {
  const char* name;
  std::function<Result<std::unique_ptr<store::Store>>(const std::string& directory)> open;
};

/// The case once for each implementation of all faces.
struct AnyStore {
  TempDir directory;
  std::unique_ptr<store::Store> store;

  AnyStore() {
    static const std::array kinds = {
        StoreKind{"sqlite", [](const auto& path) { return store::open(path, "ada", store::OpenMode::create); }},
        StoreKind{"temporary", [](const auto&) { return store::open_temporary(); }},
    };
    const auto& kind = kinds.at(GENERATE(0U, 1U));
    UNSCOPED_INFO("store: " << kind.name);
    auto opened = kind.open(directory.path());
    if (!opened) FAIL(describe(opened.error()));
    store = *std::move(opened);
  }
  store::Store* operator->() const { return store.get(); }

  [[nodiscard]] std::string session(const store::NewSession& start = a_session()) const {
    return store->create(start).value().id;
  }
};

inline chat::Event uses(const std::string& session, const std::string& run, Timestamp time, const chat::Usage& usage,
                        std::optional<double> cost) {
  return {0, session, run, "root", time, chat::event::UsageEvent{usage, cost, cost}};
}

}  // namespace errand::test
