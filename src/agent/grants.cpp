#include "agent/grants.hpp"

#include <utility>

namespace errand::agent {

void Grants::add(chat::Rule rule, Reach reach) {
  rules_.with([&](Rules& all) { (reach == Reach::kept ? all.kept : all.session).push_back(std::move(rule)); });
}

void Grants::forget_session() {
  rules_.with([](Rules& all) { all.session.clear(); });
}

std::vector<chat::Rule> Grants::rules() const {
  return rules_.with([](const Rules& all) {
    auto out = all.session;
    out.insert(out.end(), all.kept.begin(), all.kept.end());
    return out;
  });
}

}  // namespace errand::agent
