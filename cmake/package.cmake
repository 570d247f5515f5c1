# What is installed, and the Debian package of it: cmake --preset package, then cpack. The manual pages are made of what the
# programs say of themselves (docs/man/make.sh).
include(GNUInstallDirs)

string(TIMESTAMP REVIEWD_DATE "%Y-%m-%d" UTC) # of SOURCE_DATE_EPOCH, where that is set
string(TIMESTAMP REVIEWD_DATE_LONG "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(made ${PROJECT_BINARY_DIR}/package)
file(MAKE_DIRECTORY ${made})

set(pages "")
foreach(page reviewd.8 reviewd.ini.5 reviewd-seed.1)
  add_custom_command(OUTPUT ${made}/${page}.gz
    COMMAND sh -c "'${PROJECT_SOURCE_DIR}/docs/man/make.sh' ${page} . ${REVIEWD_DATE} ${PROJECT_VERSION} | gzip -9nc >'${made}/${page}.gz'"
    DEPENDS reviewd reviewd-seed docs/man/make.sh docs/man/fill.awk docs/man/${page}.in
    WORKING_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY} VERBATIM)
  list(APPEND pages ${made}/${page}.gz)
endforeach()

# The license of llhttp, which is linked in, comes with ours.
add_custom_command(OUTPUT ${made}/copyright
  COMMAND sh -c "{ cat \"$0\" && printf '\\nllhttp, which is linked into reviewd:\\n\\n' && cat /usr/share/doc/node-llhttp/copyright; } >copyright"
    ${PROJECT_SOURCE_DIR}/LICENSE
  DEPENDS LICENSE WORKING_DIRECTORY ${made} VERBATIM)
configure_file(deploy/debian/changelog.in ${made}/changelog.Debian @ONLY)
add_custom_command(OUTPUT ${made}/changelog.gz ${made}/changelog.Debian.gz
  COMMAND sh -c "gzip -9nc \"$0\" >changelog.gz && gzip -9nc changelog.Debian >changelog.Debian.gz" ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  DEPENDS CHANGELOG.md ${made}/changelog.Debian WORKING_DIRECTORY ${made} VERBATIM)
add_custom_target(documents ALL DEPENDS ${pages} ${made}/copyright ${made}/changelog.gz)

install(TARGETS reviewd reviewd-seed)
install(FILES config/reviewd.ini DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/reviewd)
install(FILES config/micro.ini DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES pg/conf/micro.conf pg/conf/small.conf pg/conf/load.conf DESTINATION ${CMAKE_INSTALL_DATADIR}/reviewd/postgresql)
install(FILES deploy/systemd/reviewd.service DESTINATION /lib/systemd/system)
install(FILES ${made}/reviewd.8.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES ${made}/reviewd.ini.5.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${made}/reviewd-seed.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${made}/copyright ${made}/changelog.gz ${made}/changelog.Debian.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The reviewd authors <reviewd@localhost.localdomain>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION httpd)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers (>= 1.54)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "postgresql (>= 15), nginx, prometheus")
set(CPACK_PACKAGE_DESCRIPTION
"The reviews of a shop's products: lists, totals, new reviews and votes, as
JSON. An actor-style server that keeps few, pipelined connections to
PostgreSQL, and reviewd-seed, which fills its database and tends it.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/deploy/debian/conffiles ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
  ${PROJECT_SOURCE_DIR}/deploy/debian/prerm ${PROJECT_SOURCE_DIR}/deploy/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
