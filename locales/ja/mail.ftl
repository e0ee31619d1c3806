mail-code-subject = { $code } はMy HER-SYSの確認コードです
mail-code-sign-up =
    My HER-SYSの確認コードは次のとおりです。

    { $code }

    登録の画面に戻って入力してください。コードは{ $minutes }分間使えます。

    心当たりのない場合は、どなたかがアドレスを打ち間違えた可能性があります。何もする必要はありません。
mail-code-family =
    このメールアドレスは、すでにMy HER-SYSに登録されています。

    ご家族を追加する場合は、登録の画面で次のコードを入力し、続けてパスワードを入力してください。コードは{ $minutes }分間使えます。

    { $code }

    健康状態を報告するだけの場合は、パスワードでログインしてください。
    { $url }

    心当たりのない場合は、何もする必要はありません。
mail-code-reset =
    My HER-SYSの新しいパスワードを設定するためのコードは次のとおりです。

    { $code }

    元の画面に戻って入力してください。コードは{ $minutes }分間使えます。

    心当たりのない場合は、何もする必要はありません。パスワードは変わりません。
mail-no-account-subject = My HER-SYSのパスワードについて
mail-no-account =
    このメールアドレスで、My HER-SYSのパスワード再設定の申し込みがありました。このアドレスでの登録はありません。

    ご本人の場合は、登録したときのアドレスをお試しになるか、新規登録をしてください。
    { $url }

    心当たりのない場合は、何もする必要はありません。
mail-code-email =
    このメールアドレスをMy HER-SYSで使うためのコードは次のとおりです。

    { $code }

    元の画面に戻って入力してください。コードは{ $minutes }分間使えます。

    心当たりのない場合は、何もする必要はありません。
mail-email-taken-subject = My HER-SYSのメールアドレスについて
mail-email-taken =
    このメールアドレスを別のMy HER-SYSアカウントで使う申し込みがありました。このアドレスはすでに登録されているため、何も変更していません。

    ご本人の場合は、このアドレスでログインしてください。
    { $url }
mail-password-changed-subject = My HER-SYSのパスワードが変更されました
mail-password-changed =
    My HER-SYSのパスワードが変更されました。ほかの端末はすべてログアウトしました。

    心当たりのない場合は、すぐに新しいパスワードを設定してください。
    { $url }
mail-email-changed-subject = My HER-SYSのメールアドレスが変更されました
mail-email-changed =
    My HER-SYSのメールアドレスが変更されました。今後、このアドレスは使われません。ほかの端末はすべてログアウトしましたので、新しいアドレスでログインしてください。

    心当たりのない場合は、保健所に電話してください。保健所の電話番号は、次のページにあります。
    { $url }/help
mail-account-closed-subject = My HER-SYSのアカウントを閉じました
mail-account-closed =
    My HER-SYSのアカウントを閉じました。このメールアドレスとパスワードは消去され、すべての端末からログアウトしました。これまでの報告は、保健所が定められた期間保管します。

    HER-SYS IDがあれば、いつでももう一度登録できます。

    { $url }

    心当たりのない場合は、保健所に電話してください。保健所の電話番号は、次のページにあります。
    { $url }/help
mail-account-closed-followed = ご本人またはご家族について、保健所は引き続き経過を確認し、電話でご連絡します。具合が悪くなったときは、電話を待たずに保健所に、緊急のときは{ -emergency-number }番に電話してください。
mail-footer =
    --
    My HER-SYS
    このメールは自動で送信されています。返信はできません。

mail-footer-staff =
    --
    HER-SYS
    このメールは自動で送信されています。返信はできません。

mail-staff-invited-subject = HER-SYS管理画面のアカウントのご案内
mail-staff-invited =
    HER-SYS管理画面のアカウントが作成されました。{ $hours }時間以内に、次のページでパスワードを設定してください。

    { $url }

    その後、スマートフォンの認証アプリの設定を求められることがあります。お心当たりのない場合は、このメールを削除してください。
mail-staff-reset-subject = HER-SYS管理画面のパスワードの再設定
mail-staff-reset =
    管理者がHER-SYS管理画面のアカウントを初期化しました。{ $hours }時間以内に、次のページで新しいパスワードを設定してください。

    { $url }

    その後、認証アプリの設定を求められたら、もう一度設定してください。
mail-transfer-overdue-subject = 移管の申し出への回答期限が過ぎています
mail-transfer-overdue =
    { $from }が{ $waited }前に{ $to }へ移管を申し出ましたが、まだ回答がありません。受け入れられるまでは、{ $from }がこの方を担当します。

    { $url }
mail-notification-sent-back-subject = 発生届について保健所から照会があります
mail-notification-sent-back =
    入力された発生届について、保健所から照会があります。回答があるまで、この届出による対応は始まりません。照会の内容を確かめ、発生届を訂正してください。

    { $url }
mail-notification-answered-subject = 保健所への依頼に回答がありました
mail-notification-answered =
    発生届の訂正・取下げについてのご依頼に、保健所が対応しました。ログインして回答を確認してください。

    { $url }
mail-notification-waits-subject = 至急対応が必要な発生届があります
mail-notification-waits =
    至急対応が必要な発生届が届いてから{ $waited }たちましたが、保健所でまだ誰も確認していません。すぐに開いてください。

    { $url }
mail-notification-waits-at =
    { $center }に至急対応が必要な発生届が届いてから{ $waited }たちましたが、まだ誰も確認していません。保健所に電話で連絡してください。

    { $url }
sms-notification-waits = HER-SYS：至急対応が必要な発生届が{ $waited }確認されていません。管理画面を開いてください。
mail-notification-asked =
    至急対応が必要な発生届を照会してから{ $waited }たちましたが、回答がありません。回答があるまで、この届出による対応は始まりません。届け出た人か本人に電話するか、先に確認済にしてから訂正を依頼してください。

    { $url }
mail-notification-asked-at =
    { $center }が至急対応が必要な発生届を照会してから{ $waited }たちましたが、回答がありません。保健所に電話で連絡してください。

    { $url }
sms-notification-asked = HER-SYS：至急対応が必要な発生届の照会に{ $waited }回答がありません。管理画面を開いてください。
mail-purge-ahead-subject = まもなく消去される記録が{ $records }件あります
mail-purge-ahead =
    { $center }：終了した記録{ $records }件の保存期間がまもなく終わり、{ $days }日後から消去されます。訴訟などのために保存が必要な記録があれば、管理画面で開いて保全してください。

    { $url }
# 一件のアラートを伝える行に、ほかの件数を添える。
alert-and-more = { $line }（ほか{ $count }件）
alert-mail-more =
    同じ保健所で、ほかに{ $count }件が同様の状態です。管理画面ですべてを確認できます。

    { $url }
